"""Pieces of page about searches."""

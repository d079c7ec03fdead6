"""Pieces of page about runs."""

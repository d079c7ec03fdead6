"""Pieces of page that show pictures."""

"""Pieces of the page You against the model."""

"""Counts, associations, and measures per class and per picture."""

"""Data sets: finding them, reading them into one tidy table, caching their images, splitting them."""

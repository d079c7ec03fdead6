"""One reader per layout of data that is found in the world; `adapter.py` is what a new one implements."""

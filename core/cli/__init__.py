"""What each command of `python -m core` does."""

"""Runs: the folder that is a run, what lists show of it, and rooms for what it is worth and what it says."""

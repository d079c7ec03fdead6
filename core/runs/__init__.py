"""Runs: the folder that is a run, the process that trains it, the engine that executes many."""

"""Serving: a finished run's model, ready to answer; the pool of processes that does so for the web."""

"""Splits, balancing, leakage, and groups that people merged."""

"""Checking the explanations of a run, and what the checks say."""

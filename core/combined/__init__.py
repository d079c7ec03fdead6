"""Runs that are made of other runs: the out-of-fold run of a cross-validation, and ensembles."""

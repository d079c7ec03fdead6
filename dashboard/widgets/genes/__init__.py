"""Widgets for tables of gene expression: training on one, and asking a run about samples."""

"""Pieces of page about data sets: tables, downloads, jobs."""

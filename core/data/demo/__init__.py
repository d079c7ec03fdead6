"""The synthetic data set, drawn by a program."""

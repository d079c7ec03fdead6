"""Judging predictions: metrics, intervals, calibration, all from one table of predictions."""

"""What a run is worth: its figures, thresholds and comparisons, and what it is judged on."""

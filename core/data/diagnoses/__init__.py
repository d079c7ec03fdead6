"""What names of classes mean: which diagnosis, and whether it is malignant."""

"""A training as code that needs nothing of this project: the same model on the same split."""

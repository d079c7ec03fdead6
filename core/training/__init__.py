"""Training: the recipe, the fit, the callbacks."""

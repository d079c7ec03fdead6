"""Explanations: heat maps that show what a prediction rests on."""

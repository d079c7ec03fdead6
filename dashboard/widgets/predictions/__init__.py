"""Predicting many pictures: what is dropped, and what was answered."""

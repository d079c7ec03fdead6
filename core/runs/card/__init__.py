"""The model card of a run: what it is for, what it rests on, how far to trust it (Mitchell et al. 2019)."""

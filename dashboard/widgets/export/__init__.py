"""Handing over models, and taking in those of others."""

"""Handing a training over: the same model on the same split as code that needs nothing of this project."""

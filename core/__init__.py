"""Lesion Lab's modelling package: data, models, training, evaluation, explanations, serving, runs.

Nothing in here imports Streamlit, and nothing outside the training, explaining and serving processes
imports TensorFlow.
"""

__version__ = "0.1.0"

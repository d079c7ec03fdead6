"""Lesion Lab's modelling package: data, models, training, evaluation, explanations, serving, runs.

Nothing in here imports Streamlit, and nothing outside the training, explaining and serving processes
imports TensorFlow.
"""

import os

__version__ = "0.1.0"

# TensorFlow computes with oneDNN by default only on processors with AVX-512. It is faster on others too, for every
# network measured (`make bench`), so whatever computes with networks has it on, unless a person has said otherwise.
# TensorFlow looks once, when it is loaded; processes that are started from here inherit it.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

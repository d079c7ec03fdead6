"""Lesion Lab's modelling package: data, models, training, evaluation, explanations, serving, runs.

Nothing in here imports Streamlit, and nothing outside the training, explaining and serving processes
imports TensorFlow.
"""

import os

__version__ = "0.1.0"

# TensorFlow computes with oneDNN by default only on processors with AVX-512. On others the four networks that were
# measured (cnn-59k, cnn-pyramid and lstm-rows learning, EfficientNet-Lite0 answering) are 1.2 to 1.6 times as fast
# with it (`make bench` compares), so it is on, unless a person says otherwise.
# TensorFlow looks once, when it is loaded; processes that are started from here inherit it.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

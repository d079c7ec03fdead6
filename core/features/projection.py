"""Laying features out in two dimensions with scikit-learn's t-SNE.

The one place that rests on what scikit-learn prints about its steps, for it has no other way to tell how far it is;
`tests/core/features/test_projection.py` fails where a new version prints something else.
"""

import contextlib
import io
import re

import numpy as np

from core.base.progress import Progress, silent

_STEPS = 750
_REDUCED = 50
_FEW = 2000
_SEED = 0
_STEP = re.compile(r"Iteration (\d+)")


def project(matrix: np.ndarray, progress: Progress = silent) -> np.ndarray:
    """Lay rows out in two dimensions, (rows, 2) float32, the same for the same rows.

    t-SNE (van der Maaten and Hinton 2008, Barnes–Hut) on the first 50 principal components, started from the first two:
    near rows stay near; distances between far groups and sizes of groups mean nothing.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    reduced = matrix
    if min(matrix.shape) > _REDUCED:
        reduced = PCA(_REDUCED, random_state=_SEED).fit_transform(matrix)
    perplexity = min(30, (len(matrix) - 1) / 3)
    layout = TSNE(2, perplexity=perplexity, init="pca", max_iter=_STEPS, random_state=_SEED, n_jobs=-1, verbose=2)
    progress(0, _STEPS, "Arranging the pictures")
    # Threads that wait for each other cost more than they save where there are few rows.
    threads = None if len(matrix) > _FEW else 1
    with contextlib.redirect_stdout(_Told(progress)), threadpool_limits(threads):
        return layout.fit_transform(reduced).astype(np.float32)


class _Told(io.StringIO):
    """Turns what scikit-learn prints about its steps, every 50, into progress; it has no other way to be asked."""

    def __init__(self, progress: Progress):
        super().__init__()
        self._progress = progress
        self._step = 0

    def write(self, text: str) -> int:
        for step in _STEP.findall(text):
            self._step = int(step)
        self._progress(self._step, _STEPS, "Arranging the pictures")
        return len(text)

"""A predictor reads pictures by batch, in the order that it was asked for."""

from types import SimpleNamespace

import numpy as np

from core.data.images.turns import Turns
from core.serving.predictor import BATCH, Predictor


class Watched:
    """Pictures of which each knows its number; keeps how many were asked for at once."""

    def __init__(self, count: int):
        self.pictures = np.arange(count, dtype=np.int64)[:, None, None, None] * np.ones((1, 2, 2, 3), np.int64)
        self.at_once: set[int] = set()

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        self.at_once.add(len(rows))
        return self.pictures[rows]


def predictor() -> Predictor:
    """One whose model says a picture's own number: what is tested is which pictures reach a model, and how many."""
    made = Predictor.__new__(Predictor)
    made.info = SimpleNamespace(classes=("a",), test_time_augmentation=Turns.NONE, temperature=1.0)
    made.model = SimpleNamespace(predict_on_batch=lambda batch: batch[:, 0, 0, :1].astype(np.float32))
    return made


def test_pictures_are_read_by_batch_in_the_order_that_was_asked_for() -> None:
    images = Watched(5 * BATCH)
    rows = np.random.default_rng(0).permutation(5 * BATCH)[: 3 * BATCH + 7]
    assert predictor().probabilities(images, rows)[:, 0].tolist() == rows.tolist()
    assert max(images.at_once) <= BATCH


def test_all_batches_have_one_length_for_a_graph_is_traced_for_every_other() -> None:
    for count in (1, BATCH, BATCH + 1, 3 * BATCH + 7):
        images = Watched(5 * BATCH)
        assert len(predictor().probabilities(images, np.arange(count))) == count
        assert len(images.at_once) == 1, count


def test_without_rows_all_pictures_are_read_and_none_gives_an_empty_table() -> None:
    assert predictor().probabilities(Watched(BATCH + 1))[:, 0].tolist() == list(range(BATCH + 1))
    assert predictor().probabilities(Watched(3), np.empty(0, np.int64)).shape == (0, 1)

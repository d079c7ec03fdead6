"""Random numbers by seed: one stream for each use, so that no use repeats what another has drawn."""

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What random numbers are used for. The values stand in exported code: they stay, and new ones get new numbers."""

    SPLIT = 0
    BALANCING = 1
    ORDER = 2
    """Of the training pictures; the epoch follows."""
    AUGMENTATION = 3
    WATCHED = 4
    PROPOSALS = 5
    """Of a hyperparameter search; the number of the trial follows."""
    LEAKED_PAIR = 6
    QUIZ = 7
    MIXING = 8
    """Of training pictures, one with another; the epoch and the number of the batch follow."""
    SOME_OF = 9
    """Which pictures a training is limited to."""
    WAYS = 10
    """In which training pictures are mirrored and turned where a part of the network is frozen; the epoch follows."""
    HIDDEN = 11
    """Of which training pictures age, sex and site are hidden; the epoch follows."""
    GATE = 13
    """Which pictures tell what a data set looks like, and which say how alike is alike enough."""
    CALIBRATION = 14
    """Which groups of the validation part fit the temperature, and which photo of a group counts."""


def random_stream(seed: int, use: int, *more: int) -> np.random.Generator:
    """The random numbers of one use of a seed; they are independent of those of every other.

    Plain `default_rng([seed, epoch])` would give the second epoch the numbers of whatever used `[seed, 1]`.
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(use, *more)))

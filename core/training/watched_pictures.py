"""The few validation pictures whose probabilities are followed from epoch to epoch."""

from pathlib import Path

import numpy as np
import pandas as pd

from core.base.files import write_json
from core.base.random_streams import Stream, random_stream

WATCHED = 6


def watched_pictures(validation: pd.DataFrame, class_keys: tuple[str, ...], seed: int) -> pd.DataFrame:
    """Up to six pictures of as many classes as possible, in the order of the classes.

    Args:
        validation: rows with `image_id` and `label`; a picture may occur more than once.
        class_keys: classes in their order.
        seed: fixes the choice.

    Returns:
        Rows of `validation`, each of another picture.
    """
    pictures = validation.drop_duplicates("image_id")
    mixed = pictures.iloc[random_stream(seed, Stream.WATCHED).permutation(len(pictures))]
    turn = mixed.groupby("label", sort=False).cumcount()
    chosen = mixed.iloc[np.argsort(turn.to_numpy(), kind="stable")[:WATCHED]]
    return chosen.sort_values("label", key=lambda labels: labels.map(class_keys.index), kind="stable")


def write_watched(path: Path, pictures: pd.DataFrame, class_keys: tuple[str, ...]) -> None:
    """Write which pictures are watched, and the classes in the order of their probabilities."""
    write_json(path, {"classes": list(class_keys), "pictures": pictures[["image_id", "label"]].to_dict("records")})

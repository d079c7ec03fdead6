"""How wrong a run is about single pictures."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.evaluation.predictions import predicted_labels, probabilities

SMALLEST = 1e-7
"""A probability below this counts as this, so that no loss is infinite: it is at most 16.1 nats."""


def picture_losses(predictions: pd.DataFrame, class_keys: Sequence[str]) -> pd.DataFrame:
    """Loss of each held-out picture, indexed by image id; one row a picture.

    Args:
        predictions: as `core.evaluation.predictions` describes; rows of the training part are left out.
        class_keys: keys of the classes in the order in which the model numbers them.

    Returns:
        Columns `part`, `true`, `predicted` (class keys), `p_true`, `p_predicted` (0…1) and `loss`, the cross-entropy
        −log p(true class) in nats.
    """
    rows = predictions[predictions["part"] != "train"].drop_duplicates("image_id")
    values = probabilities(rows, class_keys)
    number = {key: place for place, key in enumerate(class_keys)}
    p_true = values[np.arange(len(rows)), rows["true"].map(number).to_numpy(dtype=int)]
    return pd.DataFrame(
        {
            "part": rows["part"].to_numpy(),
            "true": rows["true"].to_numpy(),
            "predicted": predicted_labels(rows, class_keys),
            "p_true": p_true,
            "p_predicted": values.max(axis=1) if len(rows) else np.empty(0),
            "loss": -np.log(np.maximum(p_true, SMALLEST)),
        },
        index=pd.Index(rows["image_id"], name="image_id"),
    )

"""Loss of single pictures: only of those the run did not learn from, and never infinite."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation.losses import SMALLEST, picture_losses


@pytest.fixture
def predictions() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "image_id": list("abcdd"),
            "part": ["test", "validation", "train", "test", "test"],
            "true": ["mel", "nv", "nv", "mel", "mel"],
            "p_mel": [0.9, 0.75, 0.1, 0.0, 0.0],
            "p_nv": [0.1, 0.25, 0.9, 1.0, 1.0],
        }
    )


def test_the_loss_is_minus_the_logarithm_of_the_true_class(predictions) -> None:
    losses = picture_losses(predictions, ("mel", "nv"))
    assert losses.at["a", "loss"] == pytest.approx(-np.log(0.9), abs=1e-9)
    assert losses.at["b", "loss"] == pytest.approx(-np.log(0.25), abs=1e-9)
    assert losses.at["d", "loss"] == pytest.approx(-np.log(SMALLEST), abs=1e-9)
    assert losses["predicted"].to_dict() == {"a": "mel", "b": "mel", "d": "nv"}
    assert losses.at["b", "p_predicted"] == 0.75


def test_pictures_that_were_learned_from_have_none_and_repeated_ones_have_one(predictions) -> None:
    assert picture_losses(predictions, ("mel", "nv")).index.tolist() == ["a", "b", "d"]
    assert picture_losses(predictions[predictions["part"] == "train"], ("mel", "nv")).empty

"""Labels that are likely to be wrong: a case computed by hand, labels that were changed on purpose, and bad input."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.evaluation.label_issues import find_label_issues

KEYS = ("mel", "nv", "df")


def table(true: list[str], said: np.ndarray) -> pd.DataFrame:
    rows = pd.DataFrame(
        {"image_id": [f"i{n}" for n in range(len(true))], "group_id": "g", "part": "test", "true": true}
    )
    return rows.assign(**{f"p_{key}": said[:, number] for number, key in enumerate(KEYS)})


def test_the_suspects_are_those_of_a_case_computed_by_hand() -> None:
    said = np.array([
        [0.9, 0.1, 0.0], [0.8, 0.2, 0.0], [0.1, 0.9, 0.0],  # labelled mel: confident from (0.9 + 0.8 + 0.1) / 3 = 0.6
        [0.2, 0.8, 0.0], [0.3, 0.7, 0.0], [0.7, 0.3, 0.0],  # labelled nv: confident from (0.8 + 0.7 + 0.3) / 3 = 0.6
    ])  # fmt: skip
    found = find_label_issues(table(["mel"] * 3 + ["nv"] * 3, said), KEYS)
    assert found.judged == 6
    assert found.thresholds == {"mel": pytest.approx(0.6, abs=1e-9), "nv": pytest.approx(0.6, abs=1e-9)}
    # i2 is nv with 0.9 ≥ 0.6, i5 is mel with 0.7 ≥ 0.6: two labels contradict a confident answer.
    assert found.suspects["image_id"].tolist() == ["i2", "i5"]
    assert found.suspects["suggested"].tolist() == ["nv", "mel"]
    assert found.suspects["own"].tolist() == pytest.approx([0.1, 0.3], abs=1e-9)
    assert found.suspects["confidence"].tolist() == pytest.approx([0.9, 0.7], abs=1e-9)


def test_labels_that_were_changed_on_purpose_are_found() -> None:
    rng = np.random.default_rng(0)
    true = rng.choice(3, 2000, p=(0.2, 0.7, 0.1))
    scores = rng.normal(size=(2000, 3)) + 4 * np.eye(3)[true]
    likelihood = np.exp(4 * scores) * (0.2, 0.7, 0.1)  # the posterior of these scores: calibrated probabilities
    said = likelihood / likelihood.sum(axis=1, keepdims=True)
    changed = rng.random(2000) < 0.05
    given = np.where(changed, (true + rng.integers(1, 3, 2000)) % 3, true)
    found = find_label_issues(table([KEYS[each] for each in given], said), KEYS).suspects
    hits = changed[found["image_id"].str.removeprefix("i").astype(int)]
    assert hits.mean() > 0.6
    assert hits.sum() > 0.8 * changed.sum()
    assert hits[:20].mean() >= 0.95, "the least likely labels come first"


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 60), st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique=True))
def test_every_suspect_is_a_picture_whose_most_likely_class_is_another(seed, rows, keys) -> None:
    rng = np.random.default_rng(seed)
    said = rng.dirichlet([0.5] * 3, rows)
    found = find_label_issues(table(list(rng.choice(keys, rows)), said), KEYS)
    suspects = found.suspects
    assert (suspects["suggested"] != suspects["true"]).all()
    assert (suspects["confidence"] >= suspects["own"]).all()
    assert suspects["own"].is_monotonic_increasing
    assert suspects["image_id"].is_unique
    assert set(found.thresholds) <= set(keys)


def test_nothing_is_suspected_where_there_is_one_class_or_no_picture() -> None:
    said = np.array([[0.1, 0.9, 0.0], [0.9, 0.1, 0.0]])
    assert find_label_issues(table(["mel", "mel"], said), KEYS).suspects.empty
    assert find_label_issues(table(["mel"], said[:1]).head(0), KEYS).judged == 0


def test_a_picture_that_occurs_twice_is_judged_once() -> None:
    said = np.array([[0.1, 0.9, 0.0], [0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.1, 0.9, 0.0]])
    rows = table(["mel", "mel", "nv", "mel"], said)
    rows["image_id"] = ["a", "b", "c", "a"]
    found = find_label_issues(rows, KEYS)
    assert (found.judged, found.suspects["image_id"].tolist()) == (3, ["a"])

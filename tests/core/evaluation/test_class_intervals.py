"""Intervals of the figures of each class: whole groups are resampled, and where nothing varies Wilson's stands."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation.class_intervals import CLASS_FIGURES, class_intervals
from core.evaluation.intervals import resampled
from core.evaluation.metrics import evaluate
from core.evaluation.small_samples import wilson_interval

KEYS = ("a", "b", "c")


def predictions(rows: int = 90, groups: int = 30, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    true = rng.choice(KEYS, rows)
    values = rng.dirichlet(np.ones(3), rows)
    values[np.arange(rows), [KEYS.index(key) for key in true]] += 0.4
    values /= values.sum(axis=1, keepdims=True)
    table = pd.DataFrame({"image_id": [f"i{n}" for n in range(rows)], "group_id": rng.integers(groups, size=rows)})
    return table.assign(true=true, part="test", **{f"p_{key}": values[:, n] for n, key in enumerate(KEYS)})


def test_limits_are_those_of_the_metrics_of_tables_that_were_drawn() -> None:
    table = predictions()
    found = class_intervals(table, KEYS, resamples=60)
    drawn: dict[str, list] = {name: [] for name in CLASS_FIGURES}
    for _, weights in resampled(table["group_id"], 60, 0):
        for of_rows in weights:
            again = table.loc[table.index.repeat(of_rows)]
            metrics = evaluate(again, KEYS, "a", resamples=0)
            for name in CLASS_FIGURES:
                drawn[name].append([getattr(each, name) for each in metrics.per_class])
    for name, values in drawn.items():
        limits = np.nanquantile(np.array(values, float), [0.025, 0.975], axis=0).T
        for key, expected in zip(KEYS, limits, strict=True):
            assert found[key][name] == pytest.approx(tuple(expected), abs=1e-9), (name, key)


def test_fewer_figures_have_the_same_limits() -> None:
    whole = class_intervals(predictions(), KEYS, resamples=60)
    found = class_intervals(predictions(), KEYS, figures=("sensitivity",), resamples=60)
    assert found == {key: {"sensitivity": whole[key]["sensitivity"]} for key in KEYS}


def test_a_class_that_is_always_found_is_not_sure_to_be_found_for_ever() -> None:
    table = predictions().assign(p_a=0.1, p_b=0.1, p_c=0.8)
    found = class_intervals(table, KEYS)
    groups = table.loc[table["true"] == "c", "group_id"].nunique()
    assert found["c"]["sensitivity"] == pytest.approx(wilson_interval(groups, groups), abs=1e-9)
    groups = table.loc[table["true"] == "a", "group_id"].nunique()
    assert found["a"]["sensitivity"] == pytest.approx(wilson_interval(0, groups), abs=1e-9)
    assert "precision" not in found["a"], "nothing is taken for it"


def test_one_group_and_a_class_that_does_not_occur_have_no_intervals() -> None:
    table = predictions()
    assert class_intervals(table.assign(group_id="one"), KEYS) == {key: {} for key in KEYS}
    assert class_intervals(table[:0], KEYS) == {key: {} for key in KEYS}
    without = class_intervals(table[table["true"] != "a"], KEYS)["a"]
    assert set(without) == {"specificity", "precision"}, "F1 is 0 in every draw"

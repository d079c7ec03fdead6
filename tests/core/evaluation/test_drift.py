"""Whether what is asked now differs from before: against scipy on the raw values, and how often chance alone alarms."""

import numpy as np
import pytest
from scipy.stats import chi2_contingency, fisher_exact, ttest_ind

from core.evaluation.drift import FEWEST, class_mix_change, mean_change, share_change


def test_a_share_is_compared_exactly() -> None:
    change = share_change("refused", 12, 40, 15, 1000)
    assert change is not None
    assert (change.now, change.expected, change.pictures) == (0.3, 0.015, 40)
    assert change.p_value == pytest.approx(fisher_exact([[12, 28], [15, 985]]).pvalue)
    assert change.more_than_chance
    assert share_change("refused", 0, FEWEST - 1, 15, 1000) is None
    assert share_change("refused", 1, 40, 0, 0) is None


def test_a_mean_is_compared_as_if_every_value_were_still_known() -> None:
    rng = np.random.default_rng(0)
    now, before = rng.beta(5, 2, 60), rng.beta(9, 1, 400)
    change = mean_change("confidence", now.sum(), (now**2).sum(), len(now), before.tolist())
    assert change is not None
    assert change.now == pytest.approx(now.mean())
    assert change.p_value == pytest.approx(ttest_ind(now, before, equal_var=False).pvalue, rel=1e-6)
    same = mean_change("confidence", 20.0, 20.0, 20, [1.0] * 30)
    assert same is not None
    assert same.p_value == 1.0
    other = mean_change("confidence", 10.0, 5.0, 20, [1.0] * 30)
    assert other is not None
    assert other.more_than_chance
    assert mean_change("confidence", 1.0, 1.0, 1, before.tolist()) is None


def test_class_mixes_are_compared_with_rare_classes_together() -> None:
    before = {"nv": 700, "mel": 200, "df": 10, "vasc": 5}
    change = class_mix_change("classes", {"nv": 20, "mel": 60}, before)
    assert change is not None
    assert change.now == pytest.approx(0.5 * (abs(20 / 80 - 700 / 915) + abs(60 / 80 - 200 / 915) + 15 / 915))
    assert change.p_value == pytest.approx(
        chi2_contingency([[20, 60, 0], [700, 200, 15]], correction=False).pvalue, rel=1e-9
    )
    alike = class_mix_change("classes", {"nv": 70, "mel": 20, "df": 1}, before)
    assert alike is not None
    assert not alike.more_than_chance
    one = class_mix_change("classes", {"nv": 50}, {"nv": 900})
    assert one is not None
    assert one.p_value == 1.0
    assert class_mix_change("classes", {"nv": 5}, before) is None


def test_where_nothing_has_changed_chance_alone_rarely_alarms() -> None:
    rng = np.random.default_rng(1)
    shares, before = [0.6, 0.3, 0.1], {"a": 600, "b": 300, "c": 100}
    alarms = 0
    for _ in range(300):
        now = dict(zip("abc", rng.multinomial(60, shares).tolist(), strict=True))
        change = class_mix_change("classes", now, before)
        assert change is not None
        alarms += change.more_than_chance
    assert alarms <= 14, "expected are about 5"

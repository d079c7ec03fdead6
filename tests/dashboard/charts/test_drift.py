"""Charts of the drift watch: a week in which nobody asked has its place and no value."""

import math

import pandas as pd

from core.data.demo.demo import DEMO_SPEC
from core.runs.answers.drift import Drift, Expected
from dashboard.charts.drift import class_mix_chart, confidence_chart, refused_chart

WEEKS = ["2026-W02", "2026-W03", "2026-W04"]


def test_a_week_in_which_nobody_asked_leaves_a_gap() -> None:
    asked = [4, 0, 2]
    share = [0.25, math.nan, 0.5]
    table = pd.DataFrame({"week": WEEKS, "pictures": asked, "looked_at": asked, "refused": [1, 0, 1]})
    for figure in ("refused_share", "refused_low", "refused_high", "confidence", "confidence_low", "confidence_high"):
        table[figure] = share
    counts = {f"n {key}": [3, 0, 1] if key == "nv" else [0, 0, 0] for key in DEMO_SPEC.class_keys}
    drift = Drift(table.assign(**counts), Expected(dict.fromkeys(DEMO_SPEC.class_keys, 10), 1, 50, (0.9,)), ())
    for draw in (refused_chart, confidence_chart):
        line = draw(drift).data[0]
        assert list(line.x) == WEEKS
        assert math.isnan(line.y[1])
        assert not line.connectgaps
    bars = class_mix_chart(drift, DEMO_SPEC.classes).data
    assert list(bars[0].x) == ["training", *WEEKS]
    assert [round(sum(of), 6) for of in zip(*(bar.y for bar in bars), strict=True)] == [1, 1, 0, 1]

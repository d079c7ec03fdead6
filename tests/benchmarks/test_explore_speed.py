"""What the server does for one click on Explore: take the filters, count, build every chart that is shown, write it.

Promised: 150 ms at the 25,331 rows of ISIC 2019, 800 ms at a million. CPU time of this process is what is compared
with the promise, for other work on the machine must not decide; wall time is printed beside it.
"""

import statistics
import time

import numpy as np
import pandas as pd
import pytest

from core.data.association import associate
from core.data.counts import encode
from core.data.ham10000 import HAM10000_SPEC
from dashboard.charts import exploration, exploration_age, exploration_record, exploration_site
from dashboard.charts.exploration_body import body_map
from dashboard.facets import facets_of
from dashboard.facts import SIDES, by_malignancy
from dashboard.filter_address import from_address, to_address
from dashboard.filter_state import Filters, age_span, facet_options, filter_mask

CLASSES = HAM10000_SPEC.classes
SITES = ("back", "lower extremity", "trunk", "upper extremity", "abdomen", "face", "chest", "foot", "neck", None)


def synthetic(rows: int) -> pd.DataFrame:
    """Tidy metadata by chance, with gaps and about 1.3 photos a lesion."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "image_id": np.arange(rows).astype(str),
            "path": None,
            "label": rng.choice([c.key for c in CLASSES], rows, p=[0.03, 0.05, 0.11, 0.02, 0.11, 0.65, 0.03]),
            "group_id": rng.integers(0, rows * 3 // 4, rows).astype(str),
            "age": rng.choice([np.nan, *np.arange(0, 90, 5)], rows),
            "sex": rng.choice(["female", "male", None], rows),
            "site": rng.choice(SITES, rows),
            "diagnosis_method": rng.choice(["histo", "follow_up", "consensus", None], rows),
            "source": rng.choice(["a", "b", "c"], rows),
            "split": None,
        }
    )


def tab_charts(tab: str, rows: pd.DataFrame, others: pd.DataFrame) -> list[exploration.Chart]:
    """The charts of one tab."""
    if tab == "Diagnosis":
        sides = by_malignancy(rows, HAM10000_SPEC)
        return [exploration.class_counts(rows, CLASSES, others), exploration.class_counts(sides, SIDES)]
    if tab == "Age":
        return [exploration_age.age_histogram(rows, CLASSES, others), exploration_age.age_by_diagnosis(rows, CLASSES)]
    if tab == "Sex":
        return [exploration.sex_counts(rows, others), exploration.sex_by_diagnosis(rows, CLASSES)]
    if tab == "Anatomical site":
        return [exploration_site.site_counts(rows, others), exploration_site.site_by_diagnosis(rows, CLASSES)]
    if tab == "Photos":
        return [exploration_record.group_sizes(rows, "lesion", others)]
    return [exploration_record.missing_shares(rows), exploration_record.missing_together(rows)]


def one_click(facts: pd.DataFrame, filters: Filters, tab: str) -> int:
    """What a rerun of the page computes for its filters, charts and sentences; the characters sent for the charts."""
    facets = facets_of(facts)
    filters, ignored = from_address(to_address(filters, facets), facts, HAM10000_SPEC, facets)
    for facet in facets:
        facet_options(facet, facts)
    age_span(facts["age"])
    keep = filter_mask(facts, filters)
    rows = facts[keep]
    others = facts[filter_mask(facts, filters, lifted="site")]
    compared = {"Age": "age", "Sex": "sex", "Anatomical site": "site"}
    if tab in compared:
        associate(rows, compared[tab], "label")
    charts = [body_map(rows, CLASSES, others=others), *tab_charts(tab, rows, others)]
    return sum(len(chart.figure.to_json()) for chart in charts) + len(ignored)


@pytest.mark.parametrize(("rows", "promised"), [(25_331, 0.150), (1_000_000, 0.800)])
@pytest.mark.parametrize("tab", ["Diagnosis", "Age", "Sex", "Anatomical site", "Photos", "Missing"])
def test_a_click_is_answered_in_time(rows: int, promised: float, tab: str, benchmark, capsys) -> None:
    facts = encode(synthetic(rows))
    clicks = iter([Filters(sexes=frozenset({"female"})), Filters(sites=frozenset({"back", "trunk"}))] * 10)
    one_click(facts, Filters(), tab)  # Plotly imports its parts when they are first used
    spent: list[tuple[float, float]] = []

    def click() -> None:
        began, busy = time.perf_counter(), time.process_time()
        one_click(facts, next(clicks), tab)
        spent.append((time.perf_counter() - began, time.process_time() - busy))

    benchmark.pedantic(click, rounds=7)
    wall, cpu = (statistics.median(times) for times in zip(*spent, strict=True))
    benchmark.extra_info.update(rows=rows, tab=tab, cpu_ms=round(1000 * cpu), promised_ms=1000 * promised)
    with capsys.disabled():
        print(  # noqa: T201 - a benchmark is read by a person
            f"\n{rows:,} rows, {tab}: {1000 * cpu:.0f} ms of CPU, {1000 * wall:.0f} ms of time; "
            f"promised {1000 * promised:.0f}"
        )
    assert cpu < promised

import numpy as np
import pandas as pd
import pytest

from core.base.percents import percent
from core.data.genes.gene_expression import principal_components
from core.data.genes.gene_table import GOLUB_SPEC
from dashboard.charts.genes import class_chart, component_chart, heat_map, sample_counts, variance_chart
from dashboard.charts.palette import class_colours

CLASSES = GOLUB_SPEC.classes


@pytest.fixture
def samples() -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Eight samples of four genes; the classes are mixed, the last gene is the same everywhere."""
    rng = np.random.default_rng(1)
    names = [f"s{n}" for n in range(8)]
    values = pd.DataFrame(rng.normal(size=(8, 4)), names, ["a", "b", "c", "flat"]).assign(flat=1.0)
    labels = pd.Series(["ALL", "AML"] * 4, names)
    return values, labels, pd.Series(["train"] * 5 + ["test"] * 3, names)


def test_bars_are_the_samples_of_each_class_and_part(samples) -> None:
    _, labels, split = samples
    counts = sample_counts(labels, split, CLASSES)
    assert counts.to_numpy().tolist() == [[3, 1], [2, 2]]
    figure = class_chart(counts, CLASSES, "patient")
    assert [trace.name for trace in figure.data] == ["train", "test"]
    assert list(figure.data[0].y) == [3, 2]
    assert figure.data[0].x == ("acute lymphoblastic leukaemia", "acute myeloid leukaemia")
    assert figure.layout.title.subtitle.text == "n = 8 patients"
    alone = class_chart(sample_counts(labels, split.map(lambda _: None), CLASSES), CLASSES, "patient")
    assert [trace.name for trace in alone.data] == ["all"]


def test_parts_differ_in_their_marks_as_well_as_in_their_filling(samples) -> None:
    values, labels, split = samples
    split = split.replace({"test": "validation"}).where(split.index != "s7", "test")
    bars = class_chart(sample_counts(labels, split, CLASSES), CLASSES, "patient").data
    assert len({bar.marker.pattern.shape for bar in bars}) == len(bars) == 3
    assert all(bar.marker.opacity is None for bar in bars)  # colours keep their contrast to both pages
    points = component_chart(principal_components(values), labels, split, CLASSES, "patient").data
    symbols = {trace.name.split(", ")[1]: trace.marker.symbol for trace in points}
    assert len(set(symbols.values())) == 3


def test_the_heat_map_orders_samples_by_class_and_standardises_genes(samples) -> None:
    values, labels, _ = samples
    descriptions = pd.Series({gene: f"gene {gene}" for gene in values})
    [trace] = heat_map(values, labels, descriptions, CLASSES, "patient").data
    z = np.array(trace.z)
    assert z.shape == (4, 8)
    assert z[:3].mean(axis=1) == pytest.approx(0, abs=1e-9)
    assert z[:3].std(axis=1, ddof=1) == pytest.approx(1)
    assert (z[3] == 0).all()
    assert [cell[1] for cell in trace.customdata[0]] == ["s0", "s2", "s4", "s6", "s1", "s3", "s5", "s7"]
    assert z[0, 4] == pytest.approx((values["a"]["s1"] - values["a"].mean()) / values["a"].std())
    assert trace.customdata[1][0][0] == "gene b<br>acute lymphoblastic leukaemia"


def test_each_sample_stands_at_its_components_in_the_colour_of_its_class(samples) -> None:
    values, labels, split = samples
    components = principal_components(values)
    figure = component_chart(components, labels, split, CLASSES, "patient")
    assert sum(len(trace.x) for trace in figure.data) == 8
    colours = class_colours(CLASSES)
    for trace in figure.data:
        key = next(c.key for c in CLASSES if trace.name.startswith(c.name))
        assert trace.marker.color == colours[key]
        for name, x, y in zip(trace.customdata, trace.x, trace.y, strict=True):
            assert labels[name] == key
            assert [x, y] == components.scores.loc[name].iloc[:2].tolist()
    assert figure.layout.xaxis.title.text == f"component 1 ({percent(components.explained[0])} of the variance)"


def test_the_explained_variance_adds_up(samples) -> None:
    components = principal_components(samples[0])
    each, so_far = variance_chart(components, 8, "patient").data
    assert list(each.y) == pytest.approx(components.explained)
    assert so_far.y[-1] == pytest.approx(1)


@pytest.mark.parametrize(("count", "said"), [(1, "there is 1."), (2, "there are 2.")])
def test_fewer_than_three_samples_have_no_components_and_the_charts_say_so(samples, count: int, said: str) -> None:
    values, labels, split = (each.iloc[:count] for each in samples)
    components = principal_components(values)
    for figure in (
        component_chart(components, labels, split, CLASSES, "patient"),
        variance_chart(components, count, "patient"),
    ):
        assert not figure.data
        [note] = figure.layout.annotations
        assert note.text == f"Principal components need at least 3 patients; {said}"

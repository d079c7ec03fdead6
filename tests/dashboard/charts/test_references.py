"""The chart of the reference systems shows what is there, and leaves out what is not."""

from dataclasses import replace

from core.reproduction.outcomes import Half, Standing
from core.reproduction.systems import list_systems
from dashboard.charts.references import references_chart
from tests.core.reproduction.test_gaps import FIGURE, PLANNED


def standings() -> list[Standing]:
    """The first is trained under both protocols, the honest one without an interval; nothing of the others."""
    first, *others = list_systems()
    honest = replace(FIGURE, accuracy=0.7, interval=None)
    trained = Standing(first, Half(PLANNED, figure=FIGURE), Half(PLANNED, figure=honest))
    return [trained, *(Standing(system, Half(PLANNED), Half(PLANNED)) for system in others)]


def test_each_system_has_its_published_figure_and_what_is_trained_stands_in_the_same_line() -> None:
    traces = {trace.name: trace for trace in references_chart(standings()).data}
    plain = [system for system in list_systems() if not system.against]
    assert len(traces["published"].x) == len(plain)
    assert traces["as they did it"].x == (0.714,)
    honest = traces["honestly held out, 95 % interval"]
    assert (honest.x, honest.error_x.array, honest.error_x.arrayminus) == ((0.7,), (0.0,), (0.0,))
    assert honest.y == traces["as they did it"].y == (traces["published"].y[-1],)
    assert traces["floor: always the most frequent class"].x == (0.67,)


def test_a_claim_about_two_systems_has_no_line() -> None:
    assert references_chart(standings()).layout.title.subtitle.text == "n = 10 systems"


def test_before_anything_is_trained_the_legend_says_that_the_figures_are_published() -> None:
    untrained = [Standing(each.system, Half(PLANNED), Half(PLANNED)) for each in standings()]
    figure = references_chart(untrained)
    assert figure.layout.showlegend
    assert [trace.name for trace in figure.data if trace.x] == ["published"]

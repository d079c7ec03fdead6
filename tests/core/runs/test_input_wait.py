import pytest

from core.runs.input_wait import input_is_bound, input_wait


def test_lines_count_by_the_time_that_they_took() -> None:
    fast, slow = ({"images_per_second": 300.0, "input_wait": 0.0}, {"images_per_second": 100.0, "input_wait": 0.8})
    assert input_wait([fast, slow]) == pytest.approx(0.6)  # the slow one took three quarters of the time


@pytest.mark.parametrize(
    "lines", [[], [{"images_per_second": 90.0}], [{"input_wait": 0.5}], [{"images_per_second": 0.0, "input_wait": 0.5}]]
)
def test_a_run_that_did_not_measure_it_has_none(lines: list[dict]) -> None:
    assert input_wait(lines) is None
    assert not input_is_bound(input_wait(lines), 60)


def test_input_is_the_bound_from_a_quarter_of_the_time_on_where_that_is_a_second_an_epoch() -> None:
    assert [input_is_bound(share, 60) for share in (0.0, 0.24, 0.25, 1.0)] == [False, False, True, True]
    assert [input_is_bound(0.5, seconds) for seconds in (0.1, 1.9, 2.0)] == [False, False, True]

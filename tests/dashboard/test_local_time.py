"""Times are those of the browser's clock, short, with a year only where it is another."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dashboard import local_time
from dashboard.local_time import made_at, said_at


@pytest.mark.parametrize(("zone", "said"), [("Europe/Berlin", "13:33"), (None, "12:33 UTC")])
def test_a_moment_is_said_by_the_clock_of_the_browser(zone: str | None, said: str, monkeypatch) -> None:
    monkeypatch.setattr(local_time, "_zone_of_the_browser", lambda: zone and ZoneInfo(zone))
    year = datetime.now(UTC).year
    assert said_at(datetime(year, 2, 26, 12, 33, tzinfo=UTC).timestamp()) == f"26 Feb, {said}"
    assert made_at(f"{year}0226-123300-cnn-59k-demo-abcdef") == f"26 Feb, {said}"
    assert said_at(datetime(2023, 2, 26, 12, 33, tzinfo=UTC).timestamp()) == f"26 Feb 2023, {said}"


def test_what_a_person_has_named_has_no_time() -> None:
    assert made_at("my best run") == ""

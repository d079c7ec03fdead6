"""Points in time as the person who looks at a page knows them."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st


def made_at(own_id: str) -> str:
    """When a run, a search or anything else was made, from its id: "27 Nov, 13:33"; nothing where it does not tell."""
    try:
        return said_time(datetime.strptime(own_id[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC))
    except ValueError:  # a folder that a person has named
        return ""


def said_time(moment: datetime) -> str:
    """A moment by the clock of the browser, with its year if that is over: "27 Nov, 13:33", "27 Nov 2023, 13:33".

    Where the browser does not tell its zone it is in UTC, which is then said.
    """
    zone = _zone_of_the_browser()
    local, now = moment.astimezone(zone or UTC), datetime.now(zone or UTC)
    year = "" if local.year == now.year else f" {local.year}"
    return f"{local.day} {local:%b}{year}, {local:%H:%M}{'' if zone else ' UTC'}"


def said_at(seconds: float) -> str:
    """As `said_time`, of a moment in seconds since the epoch."""
    return said_time(datetime.fromtimestamp(seconds, UTC))


def _zone_of_the_browser() -> tzinfo | None:
    try:
        return ZoneInfo(st.context.timezone) if st.context.timezone else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None

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
    """A moment by the clock of the browser; in UTC, which is then said, where the browser does not tell its zone."""
    zone = _zone_of_the_browser()
    local = moment.astimezone(zone or UTC)
    return f"{local.day} {local:%b, %H:%M}{'' if zone else ' UTC'}"


def _zone_of_the_browser() -> tzinfo | None:
    try:
        return ZoneInfo(st.context.timezone) if st.context.timezone else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None

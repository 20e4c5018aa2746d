"""Times as the viewer's clock has them. The store is in UTC."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st


def viewer_zone() -> tzinfo:
    """The zone of the viewer's browser, UTC where it tells none that is known here."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def local(moment: datetime, zone: tzinfo) -> str:
    """A time to the second on the viewer's clock, with the name of its zone."""
    there = moment.astimezone(zone)
    return f"{there:%Y-%m-%d %H:%M:%S} {there.tzname()}"


def begins(day: date | None, zone: tzinfo) -> datetime | None:
    """When a day of the viewer begins, in UTC."""
    return None if day is None else datetime.combine(day, time(), zone).astimezone(UTC)


def is_over(day: date | None, zone: tzinfo) -> datetime | None:
    """When a day of the viewer has ended, in UTC."""
    return None if day is None else begins(day + timedelta(days=1), zone)

"""Times as people in the organisation's time zone read them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from core.settings import settings


def local_time(at: datetime) -> str:
    """`HH:MM:SS` of an aware moment in the configured time zone."""
    return at.astimezone(ZoneInfo(settings().timezone)).strftime("%H:%M:%S")

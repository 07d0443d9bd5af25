"""Reading a time as an export writes it: pure. Every refusal has the name of a rule."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dispatch.history.mapping import Source

EARLIEST_YEAR = 1970


class BadCell(ValueError):
    """A cell that cannot be used. `rule` is a code, `reason` a sentence."""

    def __init__(self, field: str, rule: str, reason: str) -> None:
        self.field, self.rule, self.reason = field, rule, reason
        super().__init__(f"{field}: {reason}")


class TimeReader:
    """Reads the times of one source into aware UTC; `now` bounds what can have happened."""

    def __init__(self, source: Source, now: datetime) -> None:
        self._source = source
        self._zone = ZoneInfo(source.timezone)
        self._latest = now + timedelta(days=1)

    def read(self, text: str, field: str) -> datetime:
        """UTC time of a cell. Raises BadCell: time_format, time_range, time_twice, time_skipped."""
        found = self._parse(text, field)
        if found.year < EARLIEST_YEAR:
            reason = f"{text!r} lies before {EARLIEST_YEAR}"
            raise BadCell(field, "time_range", reason)
        if found.tzinfo is None:
            found = self._located(found, text, field)
        found = found.astimezone(UTC)
        if found > self._latest:
            raise BadCell(field, "time_range", f"{text!r} lies in the future")
        return found

    def _parse(self, text: str, field: str) -> datetime:
        for pattern in self._source.formats:
            try:
                if pattern == "iso":
                    return datetime.fromisoformat(text)
                if pattern == "unix":
                    return datetime.fromtimestamp(float(text), UTC)
                return datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is the map's
            except (ValueError, OverflowError, OSError):
                continue
        known = ", ".join(self._source.formats)
        raise BadCell(field, "time_format", f"{text!r} fits none of: {known}")

    def _located(self, local: datetime, text: str, field: str) -> datetime:
        """The wall-clock time in the source's zone, by the map's rules for clock changes."""
        first = local.replace(tzinfo=self._zone, fold=0)
        second = local.replace(tzinfo=self._zone, fold=1)
        before, after = first.utcoffset(), second.utcoffset()
        if before == after:
            return first
        assert before is not None
        assert after is not None
        if before > after:
            if self._source.twice == "reject":
                reason = f"{text!r} came twice that day ({self._source.timezone})"
                raise BadCell(field, "time_twice", reason)
            return first if self._source.twice == "earlier" else second
        if self._source.skipped == "reject":
            reason = f"{text!r} never was on a clock ({self._source.timezone})"
            raise BadCell(field, "time_skipped", reason)
        return first

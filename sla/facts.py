"""What is known of an order or ticket, and conditions on it: pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from core.findings import wrong
from sla.calendars import Calendar, in_hours

AreaClass = Literal["urban", "rural", "remote"]
Fact = bool | str | float
Wanted = bool | float | tuple[str, ...]
"""What a condition asks of a fact: this value, or one of these codes."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides which limit holds. None: not known.

    `customer_class`: importance of the customer (`directory.codes`); `fault_class`: code of the
    fault; `kind`, `channel`: of the ticket. `also`: further facts by a code of the policy's own.
    """

    same_site: bool | None = None
    area_class: str | None = None
    customer_class: str | None = None
    fault_class: str | None = None
    kind: str | None = None
    channel: str | None = None
    released_during_call: bool = False
    also: Mapping[str, Fact] = field(default_factory=lambda: MappingProxyType({}))


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _hours(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return value
    begin, dash, end = value.partition("-") if isinstance(value, str) else ("", "", "")
    if not dash:
        raise wrong("时段写作 22:00-06:00", "hours are written 22:00-06:00")
    return begin.strip(), "00:00" if end.strip() == "24:00" else end.strip()


Areas = Annotated[tuple[AreaClass, ...], BeforeValidator(_several)]
Codes = Annotated[tuple[str, ...], BeforeValidator(_several)]
Hours = Annotated[tuple[time, time], BeforeValidator(_hours)]


class When(BaseModel):
    """Conditions, all of which must hold. A fact that is not known never fits.

    Several codes in a list: one of them. `hours`: local time of the policy at which the stretch
    begins, the end not included, over midnight where the end is the smaller. `working_day`: whether
    it begins on a working day of the policy's calendar.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    same_site: bool | None = None
    area_class: Areas = ()
    customer_class: Codes = ()
    fault_class: Codes = ()
    kind: Codes = ()
    channel: Codes = ()
    hours: Hours | None = None
    working_day: bool | None = None
    facts: dict[str, bool | float | Codes] = Field(default_factory=dict)

    def fits(self, facts: Facts, start: datetime | None, days: Calendar) -> bool:
        """Whether the conditions hold for a stretch that begins at `start`."""
        if not self.model_fields_set:
            return True
        if self.same_site is not None and self.same_site != facts.same_site:
            return False
        if not all(not wanted or known in wanted for wanted, known in self._codes(facts)):
            return False
        return self._fits_time(start, days) and all(
            _has(wanted, facts.also.get(code)) for code, wanted in self.facts.items()
        )

    def rules_out(self, facts: Facts) -> bool:
        """Whether something that is known contradicts the conditions; what is not known may fit."""
        if not self.model_fields_set:
            return False
        if self.same_site is not None and facts.same_site not in (None, self.same_site):
            return True
        if any(
            wanted and known is not None and known not in wanted
            for wanted, known in self._codes(facts)
        ):
            return True
        return any(
            code in facts.also
            and _alike(wanted, facts.also[code])
            and not _has(wanted, facts.also[code])
            for code, wanted in self.facts.items()
        )

    def _codes(self, facts: Facts) -> tuple[tuple[tuple[str, ...], str | None], ...]:
        return (
            (self.area_class, facts.area_class),
            (self.customer_class, facts.customer_class),
            (self.fault_class, facts.fault_class),
            (self.kind, facts.kind),
            (self.channel, facts.channel),
        )

    def _fits_time(self, start: datetime | None, days: Calendar) -> bool:
        if self.hours is None and self.working_day is None:
            return True
        if start is None:
            return False
        local = start.astimezone(days.zone)
        if self.working_day is not None and days.is_working(local.date()) != self.working_day:
            return False
        return self.hours is None or in_hours(self.hours, local.time())


def _has(wanted: Wanted, known: Fact | None) -> bool:
    return known in wanted if isinstance(wanted, tuple) else known is not None and known == wanted


def _alike(wanted: Wanted, known: Fact) -> bool:
    """Whether the two can be compared: `"yes"` says nothing of true or false."""
    if isinstance(wanted, tuple):
        return isinstance(known, str)
    return isinstance(known, bool) == isinstance(wanted, bool) and not isinstance(known, str)

"""What is known of an order or ticket, and conditions on it: pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from sla.calendars import Calendar

AreaClass = Literal["urban", "rural", "remote"]
Fact = bool | str | float


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
    if not isinstance(value, str):
        return value
    begin, dash, end = value.partition("-")
    if not dash:
        raise ValueError("hours are written 22:00-06:00")
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
        if self.same_site is not None and self.same_site != facts.same_site:
            return False
        if not all(
            not wanted or known in wanted
            for wanted, known in (
                (self.area_class, facts.area_class),
                (self.customer_class, facts.customer_class),
                (self.fault_class, facts.fault_class),
                (self.kind, facts.kind),
                (self.channel, facts.channel),
            )
        ):
            return False
        return self._fits_time(start, days) and all(
            _has(wanted, facts.also.get(code)) for code, wanted in self.facts.items()
        )

    def _fits_time(self, start: datetime | None, days: Calendar) -> bool:
        if self.hours is None and self.working_day is None:
            return True
        if start is None:
            return False
        local = start.astimezone(days.zone)
        if self.working_day is not None and days.is_working(local.date()) != self.working_day:
            return False
        if self.hours is None:
            return True
        begin, end = self.hours
        at = local.time()
        return begin <= at < end if begin < end else at >= begin or at < end


def _has(wanted: bool | float | tuple[str, ...], known: Fact | None) -> bool:  # noqa: FBT001
    return known in wanted if isinstance(wanted, tuple) else known is not None and known == wanted

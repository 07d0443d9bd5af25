"""The customer is told first: of a delay before the promise breaks, and that the crew is coming.

The engine calls `sweep`. It looks at what is true now and at what each customer was told last, so
that nothing hangs on a fact that it may have missed; two engines meet at the message's key.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from core.db import read_session
from core.identity import system_actor
from core.settings import settings
from core.uow import UnitOfWork, unit_of_work
from dispatch.directory.rules import e164
from dispatch.outbound import repository
from dispatch.outbound.repository import Awaited
from dispatch.outbound.rules import Said, clock_words, news, rules
from telephony import messages
from telephony.messages import NewMessage
from telephony.templates import catalogue

DELAY = ("delay", "delay_open")
AHEAD = ("on_the_way", "on_the_way_open")


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of news. `timed`, `open`: its texts with and without an expected time."""

    timed: str
    open: str


_DELAY, _AHEAD = _Kind(*DELAY), _Kind(*AHEAD)


def sweep(now: datetime) -> int:
    """Tell customers what they should know by now; returns how many messages were asked for."""
    with read_session() as session:
        known = repository.organisations(session)
        mine = [org_id for org_id in known if messages.set_up(session, org_id)]
    return sum(_of(org_id, now) for org_id in mine)


def _of(org_id: int, now: datetime) -> int:
    since = now - timedelta(seconds=rules().customer.departed_s)
    with unit_of_work(system_actor(org_id, "outbound"), now=now) as uow:
        driving = repository.driving(uow.session, org_id, since)
        on_the_way = {one.order.id for one in driving}
        late = repository.late(uow.session, org_id)
        told = _tell(uow, _AHEAD, driving)
        return told + _tell(uow, _DELAY, [one for one in late if one.order.id not in on_the_way])


def _tell(uow: UnitOfWork, kind: _Kind, awaited: Sequence[Awaited]) -> int:
    awaited = [one for one in awaited if not _night(one, uow.now)]
    if not awaited:
        return 0
    session, org_id = uow.session, uow.org_id
    orders = [one.order.id for one in awaited]
    numbers = _numbers(uow, orders)
    before = repository.said(session, org_id, orders, (kind.timed, kind.open))
    by = timedelta(seconds=rules().customer.moved_s)
    told = 0
    for one in awaited:
        expected_at = _expected(one, uow.now)
        for number in numbers.get(one.order.id, []):
            said = before.get((one.order.id, number), [])
            last = Said(said[-1].asked_at, said[-1].expected_at) if said else None
            if news(last, expected_at, by):
                new = _message(uow, kind, one, number, expected_at, len(said))
                told += messages.send(uow, new) is not None
    return told


def _night(one: Awaited, now: datetime) -> bool:
    """What is not urgent waits for the morning, and is then looked at anew."""
    urgent = one.order.urgency >= rules().customer.urgent_from
    return not urgent and catalogue().quiet(now.astimezone(_zone()).time())


def _zone() -> ZoneInfo:
    return ZoneInfo(settings().timezone)


def _expected(one: Awaited, now: datetime) -> datetime | None:
    """When the crew is expected, where that is known and not over."""
    at = one.forecast.expected_at if one.forecast is not None else None
    return at if at is not None and at > now else None


def _numbers(uow: UnitOfWork, orders: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Order → numbers of those who reported it, else the first of their account, each once."""
    tickets = repository.tickets_of(uow.session, uow.org_id, orders)
    accounts = {one.customer_id for some in tickets.values() for one in some if one.customer_id}
    phones = repository.first_phones(uow.session, uow.org_id, accounts)
    region, found = settings().phone_region, {}
    for order_id, some in tickets.items():
        wanted = [
            one.caller_phone or (phones.get(one.customer_id, "") if one.customer_id else "")
            for one in some
            if one.state != "closed"
        ]
        numbers = [e164(number, region) for number in wanted if number]
        found[order_id] = list(dict.fromkeys(one for one in numbers if one))
    return found


def _message(
    uow: UnitOfWork,
    kind: _Kind,
    one: Awaited,
    number: str,
    expected_at: datetime | None,
    before: int,
) -> NewMessage:
    own = rules().customer
    language = messages.language_of(uow, number) or catalogue().default_language
    values = {"number": one.order.number}
    if kind is _AHEAD:
        values["crew"] = _crew(uow, one, language)
    if expected_at is not None:
        zone = _zone()
        values["time"] = clock_words(expected_at.astimezone(zone), uow.now.astimezone(zone))
    first = messages.place_of(uow, number)
    return NewMessage(
        template=kind.open if expected_at is None else kind.timed,
        to_number=number,
        about="order",
        about_id=one.order.id,
        values=values,
        key=f"{kind.timed}:{one.order.id}:{first}:{before}",
        language=language,
        expected_at=expected_at,
        urgent=one.order.urgency >= own.urgent_from,
        expires_in=timedelta(seconds=own.useful_s),
    )


def _crew(uow: UnitOfWork, one: Awaited, language: str) -> str:
    """The crew's name and the plate of its vehicle."""
    assert one.assignment is not None
    crew, vehicle = one.assignment.crew_id, one.assignment.vehicle_id
    unit = repository.units(uow.session, uow.org_id, [crew]).get(crew) if crew else None
    plate = repository.plates(uow.session, uow.org_id, [vehicle]).get(vehicle) if vehicle else None
    name = (unit.name_zh if language.startswith("zh") else unit.name_en) if unit else ""
    return " ".join(word for word in (name, plate) if word) or one.order.number

"""Which terminals exist, which gateway holds each, and what they tell of themselves."""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import and_, case, cast, exists, func, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import JSONB

from core.clock import real_now
from core.coordinates import Datum
from core.db import read_session
from core.identity import system_actor
from core.uow import UnitOfWork, unit_of_work
from gps.contest import contradicts, unlike
from gps.messages import offer_menu
from gps.models import Device, DeviceContest, TerminalMessage
from gps.quirks import Quirks

PROTOCOL = "jt808"

UNANSWERED_MEMORY = timedelta(days=2)
"""An order or recall that went unanswered is sent again when the terminal returns in this time."""

NOTED_EVERY = timedelta(seconds=20)
"""How often it is written down that a device without a connection was heard of."""

HELD_FOR = timedelta(seconds=20)
"""A gateway that has not said for so long that it holds a terminal has lost it."""


_FOUGHT_OVER = exists().where(
    DeviceContest.org_id == Device.org_id,
    DeviceContest.device_id == Device.id,
    DeviceContest.kind == "takeover",
    DeviceContest.closed_at.is_(None),
)


class Terminal(NamedTuple):
    """A known device. `contested`: two fight over its identity, and nobody has ruled yet."""

    org_id: int
    id: UUID
    auth_code: str | None
    quirks: Quirks = Quirks()
    told: Mapping[str, Any] = {}
    capability: Mapping[str, Any] = {}
    gateway: str | None = None
    address: str | None = None
    held_at: datetime | None = None
    contested: bool = False


@dataclass(slots=True)
class News:
    """What a terminal has shown of itself: what it said, what it refused (false), how many minutes
    its clock is behind.
    """

    told: dict[str, Any] = field(default_factory=dict)
    refused: dict[str, Any] = field(default_factory=dict)
    off_min: int | None = None

    def then(self, later: "News") -> "News":
        """Both, and the later counts."""
        off_min = self.off_min if later.off_min is None else later.off_min
        return News(self.told | later.told, self.refused | later.refused, off_min)


_NOTE = text(
    """
    WITH news AS (
        SELECT * FROM jsonb_to_recordset(CAST(:news AS jsonb))
        AS one(id uuid, told jsonb, refused jsonb, off_min smallint)
    ), new AS (
        SELECT news.* FROM device JOIN news USING (id)
        WHERE org_id = :org_id AND NOT (
            device.told @> news.told AND device.capability @> news.refused
            AND coalesce(news.off_min = coalesce(clock_off_min, 0), true))
        ORDER BY id FOR UPDATE OF device
    )
    UPDATE device SET told = device.told || new.told,
        capability = device.capability || new.refused,
        clock_off_min = coalesce(new.off_min, clock_off_min)
    FROM new WHERE device.org_id = :org_id AND device.id = new.id
    """
)


class Registration(NamedTuple):
    """The answer to a registration. `code` comes with `ok` only."""

    result: Literal["ok", "stranger", "contested"]
    code: str = ""
    terminal: Terminal | None = None


class Login(NamedTuple):
    """The answer to an authentication; `terminal` also where a known one was refused."""

    result: Literal["ok", "stranger", "code", "contested"]
    terminal: Terminal | None = None


class Hold(NamedTuple):
    """What the registry says of a terminal that this gateway has a connection of.

    `mine`: this gateway holds it. `elsewhere`: another one does now; `address` is where it came
    from then. `contested` as of the terminal.
    """

    mine: bool
    elsewhere: bool
    quirks: Quirks
    address: str
    contested: bool


def find(identity: str, protocol: str = PROTOCOL) -> Terminal | None:
    """The device in use with this identity, of whatever organisation."""
    return find_all([(protocol, identity)]).get((protocol, identity))


def find_all(wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Terminal]:
    """Those of these protocols and identities that are in use, in one query."""
    query = select(Device, _FOUGHT_OVER).where(
        tuple_(Device.protocol, Device.identity).in_(list(wanted)), Device.active
    )
    with read_session() as session:
        return {
            (one.protocol, one.identity): Terminal(
                one.org_id,
                one.id,
                one.auth_code,
                quirks_of(one),
                one.told,
                one.capability,
                one.gateway,
                one.address,
                one.last_seen_at,
                contested,
            )
            for one, contested in session.execute(query)
        }


def quirks_of(device: Device) -> Quirks:
    """How its positions are to be read."""
    return _quirks(device.time_zone, device.datum, device.model)


def _quirks(time_zone: str | None, datum: str, model: str) -> Quirks:
    known: dict[str, Datum] = {"wgs84": "wgs84", "gcj02": "gcj02", "bd09": "bd09"}
    return Quirks(time_zone, known[datum], model)


def register(identity: str, told: Mapping[str, Any], now: datetime) -> Registration:
    """Answer a registration. `told`: what the terminal says of itself.

    A terminal that registers again gets the same code, so that a lost answer locks nobody out; one
    that says it is another terminal gets none.
    """
    terminal = find(identity)
    if terminal is None:
        return Registration("stranger")
    if contradicts(terminal.told, told):
        return Registration("contested", terminal=terminal)
    fresh = secrets.token_hex(8)
    said = {name: value for name, value in told.items() if value not in ("", None)}
    with unit_of_work(system_actor(terminal.org_id, "gps"), now=now) as uow:
        code = uow.session.execute(
            update(Device)
            .where(Device.org_id == terminal.org_id, Device.id == terminal.id)
            .values(
                auth_code=func.coalesce(Device.auth_code, fresh),
                registered_at=now,
                told=Device.told.op("||")(cast(said, JSONB)),
            )
            .returning(Device.auth_code)
        ).scalar_one()
    return Registration("ok", str(code), terminal)


def authenticate(
    identity: str,
    code: str | None,
    gateway: str,
    now: datetime,
    *,
    protocol: str = PROTOCOL,
    address: str | None = None,
    told: Mapping[str, Any] | None = None,
    adopted: bool = False,
    refuse_newer: bool = False,
) -> Login:
    """Let a terminal in: from now on `gateway` holds it and sends what waits for it.

    `code`: None where its protocol has none, and who it says it is must do. `adopted`: it waited in
    quarantine and has just been made known, so that its code counts where none was given yet.
    `refuse_newer`: while two devices fight over it, the one that another gateway holds stays.
    """
    terminal = find(identity, protocol)
    if terminal is None:
        return Login("stranger")
    known = terminal.auth_code or (code if adopted else None)
    if code is not None and not _same(known, code):
        return Login("code", terminal)
    if refuse_newer and terminal.contested and _held_elsewhere(terminal, gateway, now):
        return Login("contested", terminal)
    other = unlike(terminal.told, told or {})
    said = {name: value for name, value in (told or {}).items() if value and name not in other}
    with unit_of_work(system_actor(terminal.org_id, "gps"), now=now) as uow:
        # Messages before their device, as whoever sends them locks them.
        if protocol == PROTOCOL:
            _wake_messages(uow, terminal.id)
            offer_menu(uow, terminal.id)
        uow.session.execute(
            update(Device)
            .where(Device.org_id == terminal.org_id, Device.id == terminal.id)
            .values(
                gateway=gateway,
                last_seen_at=now,
                auth_code=known,
                address=func.coalesce(address, Device.address),
                told=Device.told.op("||")(cast(said, JSONB)),
            )
        )
    return Login("ok", terminal)


def visit(protocol: str, identity: str, address: str, now: datetime) -> Terminal | None:
    """The device of this request, which is noted as heard of; None where there is none."""
    terminal = find(identity, protocol)
    if terminal is None:
        return None
    lately = terminal.held_at is not None and now - terminal.held_at < NOTED_EVERY
    if not lately or terminal.address != address:
        with unit_of_work(system_actor(terminal.org_id, "gps"), now=now) as uow:
            uow.session.execute(
                update(Device)
                .where(Device.org_id == terminal.org_id, Device.id == terminal.id)
                .values(last_seen_at=now, address=address)
            )
    return terminal


def _same(known: str | None, code: str) -> bool:
    return known is not None and secrets.compare_digest(known.encode(), code.encode())


def _held_elsewhere(terminal: Terminal, gateway: str, now: datetime) -> bool:
    if terminal.gateway is None or terminal.gateway == gateway or terminal.held_at is None:
        return False
    return now - terminal.held_at <= HELD_FOR


def _wake_messages(uow: UnitOfWork, device_id: UUID) -> None:
    """The terminal is back: what it has not confirmed goes out at once, with all its tries."""
    given_up = and_(
        TerminalMessage.status == "failed",
        TerminalMessage.purpose.in_(("order", "recall")),
        TerminalMessage.cause == "unanswered",
        TerminalMessage.created_at > uow.now - UNANSWERED_MEMORY,
    )
    uow.session.execute(
        update(TerminalMessage)
        .where(
            TerminalMessage.org_id == uow.org_id,
            TerminalMessage.device_id == device_id,
            or_(TerminalMessage.status.in_(("queued", "sent")), given_up),
        )
        .values(
            status=case(
                (TerminalMessage.status == "failed", "queued"), else_=TerminalMessage.status
            ),
            attempts=0,
            next_attempt_at=real_now(),
            cause=None,
        )
    )


def still_held(
    org_id: int, devices: Iterable[UUID], gateway: str, now: datetime
) -> dict[UUID, Hold]:
    """Note that these terminals are connected; what the registry says of each that is in use."""
    wanted = list(devices)
    with unit_of_work(system_actor(org_id, "gps"), now=now) as uow:
        uow.session.execute(
            update(Device)
            .where(
                Device.org_id == org_id,
                Device.id.in_(wanted),
                Device.gateway == gateway,
                Device.active,
            )
            .values(last_seen_at=now)
        )
        rows = uow.session.execute(
            select(
                Device.id,
                Device.gateway,
                Device.time_zone,
                Device.datum,
                Device.model,
                Device.address,
                _FOUGHT_OVER,
            ).where(Device.org_id == org_id, Device.id.in_(wanted), Device.active)
        )
        return {
            id_: Hold(
                holder == gateway,
                holder is not None and holder != gateway,
                _quirks(time_zone, datum, model),
                address or "",
                contested,
            )
            for id_, holder, time_zone, datum, model, address, contested in rows
        }


def note(org_id: int, news: Mapping[UUID, News], now: datetime) -> None:
    """What terminals have shown of themselves; those that are known to be so are left alone."""
    rows = [
        {"id": str(id_), "told": one.told, "refused": one.refused, "off_min": one.off_min}
        for id_, one in news.items()
    ]
    with unit_of_work(system_actor(org_id, "gps"), now=now) as uow:
        uow.session.execute(_NOTE, {"org_id": org_id, "news": json.dumps(rows)})


def release(org_id: int, devices: Iterable[UUID], gateway: str, now: datetime) -> None:
    """The connections of these terminals have ended."""
    with unit_of_work(system_actor(org_id, "gps"), now=now) as uow:
        uow.session.execute(
            update(Device)
            .where(Device.org_id == org_id, Device.id.in_(list(devices)), Device.gateway == gateway)
            .values(gateway=None, last_seen_at=now)
        )

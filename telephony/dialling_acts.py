"""One command as a question to the carrier."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from telephony.command_models import CarrierCommand
from telephony.gateway import Gateway, NewCall, NewMessage, Refused, Tape
from telephony.script_json import from_json

CLOCKS_APART = timedelta(seconds=30)
"""How far the carrier's clock may be from ours."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A command as it was when it was taken up. `leg`: the carrier's id of what it is about."""

    org_id: int
    id: UUID
    kind: str
    tries: int
    state: str
    leg: str
    leg_id: UUID | None
    call_id: UUID | None
    subject_id: UUID | None
    to_number: str
    from_number: str
    tried_at: datetime
    priority: int
    params: dict[str, Any]


def wish_of(row: CarrierCommand, leg: str, tried_at: datetime) -> Wish:
    """The command of a row that is being taken up."""
    return Wish(
        org_id=row.org_id,
        id=row.id,
        kind=row.kind,
        tries=row.tries,
        state=row.state,
        leg=leg,
        leg_id=row.leg_id,
        call_id=row.call_id,
        subject_id=row.subject_id,
        to_number=row.to_number or "",
        from_number=row.from_number or "",
        tried_at=tried_at,
        priority=row.priority,
        params=dict(row.params),
    )


def ask(gateway: Gateway, wish: Wish) -> str:
    """Ask the carrier; its id of what came of it, blank where nothing did. Raises CarrierFailed."""
    try:
        question = _question(gateway, wish)
    except (KeyError, ValueError, TypeError):
        raise Refused("bad_command") from None
    return question() or ""


def _question(gateway: Gateway, wish: Wish) -> Callable[[], str | None]:
    """What is to be called, with all that it needs: nothing has been asked yet."""
    said = wish.params
    conference = str(said.get("conference") or wish.call_id)
    match wish.kind:
        case "place_call":
            return partial(gateway.place_call, _call(wish))
        case "send_message":
            return partial(gateway.send_message, _message(wish))
        case "redirect":
            return partial(gateway.redirect, wish.leg, from_json(said["script"]), _leg_id(wish))
        case "take_from_queue":
            script = from_json(said["script"])
            return partial(gateway.take_from_queue, wish.leg, said["queue"], script, _leg_id(wish))
        case "hang_up":
            return partial(gateway.hang_up, wish.leg)
        case "hold":
            return partial(gateway.hold, conference, wish.leg, on=bool(said["on"]))
        case "mode":
            return partial(gateway.mode, conference, wish.leg, said["mode"], said.get("coach"))
        case "remove":
            return partial(gateway.remove, conference, wish.leg)
        case "record":
            tape = Tape(conference, wish.leg, _leg_id(wish), str(said.get("recording") or ""))
            return partial(gateway.record, tape, said["act"])
        case "delete_recording":
            return partial(gateway.delete_recording, said["recording"])
    raise ValueError(wish.kind)


def look_up(gateway: Gateway, wish: Wish) -> list[str]:
    """What the carrier has that the try may have made, the oldest first. Raises CarrierFailed."""
    if wish.kind == "place_call" and gateway.can.idempotent_dial:
        made = gateway.call(str(wish.id))
        return [made.carrier_call] if made else []
    since = wish.tried_at - CLOCKS_APART
    found: list[tuple[datetime, str]]
    if wish.kind == "place_call":
        found = [
            (one.created_at or since, one.carrier_call)
            for one in gateway.calls(wish.to_number, since)
            if one.from_number in ("", wish.from_number)
        ]
    else:
        found = [
            (one.created_at or since, one.carrier_message)
            for one in gateway.messages(wish.to_number, since)
            if one.text == wish.params["text"]
        ]
    return [ref for _, ref in sorted(found)]


def _call(wish: Wish) -> NewCall:
    return NewCall(
        leg_id=wish.id,
        to_number=_number(wish.to_number),
        from_number=_number(wish.from_number),
        ring_s=int(wish.params.get("ring_s", 30)),
        detect_machine=bool(wish.params.get("detect_machine", False)),
    )


def _message(wish: Wish) -> NewMessage:
    return NewMessage(
        message_id=wish.subject_id or wish.id,
        to_number=_number(wish.to_number),
        from_number=_number(wish.from_number),
        text=wish.params["text"],
        template=wish.params.get("template"),
        values=tuple(wish.params.get("values", ())),
    )


def _number(number: str) -> str:
    if not number:
        raise Refused("no_number")
    return number


def _leg_id(wish: Wish) -> UUID:
    if wish.leg_id is None:
        raise Refused("no_leg")
    return wish.leg_id

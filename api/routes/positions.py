"""Positions of crews' phones over HTTP: written like those of terminals, answered one by one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends

from api.deps import Need
from api.pace import Pace
from api.schemas_positions import PhoneAnswer, PhonePosition, PhonePositions, Wrong
from core.clock import monotonic, now
from core.errors import Problem, Unavailable
from core.identity import Principal
from core.rights import Right
from core.settings import settings
from core.uow import unit_of_work
from dispatch.roster.phones import Between, Phone, sending
from gps import pipeline
from gps.fix import Fix
from gps.publish import publish_once
from gps.words import REASONS, UNSTORED

router = APIRouter(tags=["crews"], prefix="/api/crews/{crew_id}")
Crew = Annotated[Principal, Depends(Need(Right.CREW_ACT))]

EACH = 10.0
"""What a request costs beside its positions."""
BURST, PER_SECOND = 3_000.0, 10.0
"""A phone that was without signal sends hours at once; else a position in six seconds is much."""

_pace = Pace(BURST, PER_SECOND)


class TooManyPositions(Problem):
    """A phone sends more than `BURST` at once, or goes on with more than `PER_SECOND`."""

    status = 429
    code = "too_many_positions"
    zh = "定位发送过于频繁，请在 {seconds} 秒后再发。"
    en = "Too many positions; send again in {seconds} seconds."


@router.post("/positions", response_model=PhoneAnswer)
def positions(crew_id: UUID, body: PhonePositions, principal: Crew) -> dict[str, Any]:
    """Where the phone of a crew was. What is sent twice is stored once; needs no key."""
    received = now()
    _demand_pace(principal.org_id, body.device, len(body.positions))
    rows: Sequence[PhonePosition | Wrong] = body.positions
    good = [one for one in rows if isinstance(one, PhonePosition)]
    times = [one.at for one in good] + [received]
    with unit_of_work(principal.actor) as uow:
        span = Between(min(times), max(times))
        phone = sending(uow, crew_id, body.device, span, principal.access)

    kept = [one for one in good if phone.hours.on_duty(one.at)]
    verdicts = iter(_write(principal.org_id, phone, kept, body.sent_at, received))
    codes = []
    for one in rows:
        if not isinstance(one, PhonePosition):
            codes.append("wrong")
        elif phone.hours.on_duty(one.at):
            codes.append(next(verdicts))
        else:
            codes.append("off_duty")
    return {
        "device_id": phone.device_id,
        "vehicle_id": phone.vehicle_id,
        "server_time": now(),
        "off_s": (body.sent_at - received).total_seconds(),
        "on_duty": phone.hours.on_duty(received),
        "codes": codes,
        "words": [_word(code) for code in sorted(set(codes))],
        "wrong": _wrong(rows),
    }


def _demand_pace(org_id: int, device: UUID, positions: int) -> None:
    wait = _pace.take((org_id, device), EACH + positions, monotonic())
    if wait > 0:
        raise TooManyPositions(seconds=round(wait) + 1)


def _write(
    org_id: int,
    phone: Phone,
    positions: Sequence[PhonePosition],
    sent_at: datetime,
    received_at: datetime,
) -> list[str]:
    """Through the same door as terminals' positions. The answer acknowledges, after the commit."""
    if not positions:
        return []
    fixes = [_fix(phone.device_id, one, sent_at, received_at) for one in positions]
    try:
        written = pipeline.write(org_id, fixes)
    except pipeline.DatabaseAway as error:
        raise Unavailable(what="PostgreSQL") from error
    publish_once(str(settings().redis_url), org_id, list(written.latest.values()))
    return written.verdicts


def _fix(device_id: UUID, one: PhonePosition, sent_at: datetime, received_at: datetime) -> Fix:
    return Fix(
        device_id=device_id,
        fix_at=one.at - timedelta(microseconds=one.at.microsecond % 1000),
        received_at=received_at,
        lat=one.lat,
        lon=one.lon,
        speed_kmh=one.speed_kmh or 0.0,
        course_deg=round(one.course_deg or 0.0) % 360,
        altitude_m=round(one.altitude_m or 0.0),
        accuracy_m=one.accuracy_m,
        sent_at=sent_at,
        phone=True,
    )


def _word(code: str) -> dict[str, str]:
    word = REASONS.get(code) or UNSTORED[code]
    return {"code": code, "name_zh": word.zh, "name_en": word.en}


def _wrong(positions: Sequence[PhonePosition | Wrong]) -> list[dict[str, str]]:
    return [
        {"field": f"body.positions[{index}]{f'.{path}' if path else ''}", "message": message}
        for index, one in enumerate(positions)
        if isinstance(one, Wrong)
        for path, message in one.errors
    ]

"""Terminals and phones that send positions: registry, strangers, why a position does not show."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime

from api.deps import Need, Writer, writer
from api.schemas import Body
from api.schemas_devices import (
    CodeBody,
    ContestRow,
    DeviceFixes,
    IgnoreBody,
    RegistryRow,
    RulingBody,
    StrangerRow,
)
from api.schemas_roster import Deactivation, DeviceBody, DeviceChange, Seen
from core.clock import now
from core.db import read_session
from core.errors import InvalidField
from core.identity import Principal
from core.rights import Right
from core.uow import UnitOfWork
from dashboards import devices as known
from dispatch.roster import devices as cared_for
from dispatch.roster import fleet

router = APIRouter(tags=["organisation"])
AdminViewer = Annotated[Principal, Depends(Need(Right.ORGANISATION_ADMIN))]
Admin = Annotated[Writer, writer(Right.ORGANISATION_ADMIN)]
LOOK_BACK = timedelta(hours=1)
LONGEST = timedelta(days=7)
LOOK_AHEAD = timedelta(days=1)
"""Device clocks that run ahead are what one looks for."""


@router.get("/api/devices", response_model=list[RegistryRow])
def devices(principal: AdminViewer) -> list[dict[str, Any]]:
    """All terminals and phones that send positions."""
    with read_session() as session:
        return known.registry_rows(session, principal.org_id)


@router.get("/api/devices/strangers", response_model=list[StrangerRow])
def strangers(_principal: AdminViewer) -> list[dict[str, Any]]:
    """Identities that no organisation knows, as they knocked; each becomes a device by its post."""
    with read_session() as session:
        return known.strangers(session)


@router.get("/api/devices/contests", response_model=list[ContestRow])
def contests(principal: AdminViewer) -> list[dict[str, Any]]:
    """Where somebody else speaks with a device's identity: what is open, then what was ruled on."""
    with read_session() as session:
        return known.contest_rows(session, principal.org_id)


@router.post("/api/devices/contests/{contest_id}", response_model=RegistryRow)
def rule_on_contest(contest_id: UUID, body: RulingBody, write: Admin) -> JSONResponse:
    """The terminal was replaced by the one that registers now, or this is of no account."""
    return _device(write, body, lambda uow: cared_for.rule_on_contest(uow, contest_id, body.ruling))


@router.post("/api/devices/strangers/ignore", response_model=StrangerRow)
def ignore_stranger(body: IgnoreBody, write: Admin) -> JSONResponse:
    """Refuse a stranger for good, or undo that."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        cared_for.ignore_stranger(uow, body.protocol, body.identity, ignored=body.ignored)
        return next(
            row
            for row in known.strangers(uow.session)
            if (row["protocol"], row["identity"]) == (body.protocol, body.identity)
        )

    return write.run(body, act)


@router.post("/api/devices/{device_id}/code", response_model=RegistryRow)
def set_code(device_id: UUID, body: CodeBody, write: Admin) -> JSONResponse:
    """A new code: the terminal registers again, or shows the one given here."""
    return _device(
        write, body, lambda uow: cared_for.set_code(uow, device_id, body.code, body.version)
    )


@router.post("/api/devices/{device_id}/forget-capability", response_model=RegistryRow)
def forget_capability(device_id: UUID, body: Seen, write: Admin) -> JSONResponse:
    """It refused questions or keys once; ask it again."""
    return _device(
        write, body, lambda uow: cared_for.forget_capability(uow, device_id, body.version)
    )


@router.get("/api/devices/{device_id}/fixes", response_model=DeviceFixes)
def fixes(
    principal: AdminViewer,
    device_id: UUID,
    since: Annotated[AwareDatetime | None, Query(description="Empty: an hour ago.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Empty: all that came.")] = None,
) -> dict[str, Any]:
    """What the device sent, and of each position whether it is shown and why not; up to 7 days."""
    end = until or now() + LOOK_AHEAD
    begin = since or now() - LOOK_BACK
    if not timedelta(0) < end - begin <= LONGEST:
        raise InvalidField(
            "query.since", "at most seven days before until", "须早于 until，且不超过七天"
        )
    with read_session() as session:
        return known.fixes_of(session, principal.org_id, device_id, begin, end)


@router.post("/api/devices", status_code=201, response_model=RegistryRow)
def create_device(body: DeviceBody, write: Admin) -> JSONResponse:
    """A new terminal or phone of any protocol; it can connect from now on."""
    return _saved_device(write, body, None, 0, 201)


@router.post("/api/devices/{device_id}", response_model=RegistryRow)
def change_device(device_id: UUID, body: DeviceChange, write: Admin) -> JSONResponse:
    """Another identity, or into another vehicle."""
    return _saved_device(write, body, device_id, body.version)


@router.post("/api/devices/{device_id}/deactivate", response_model=RegistryRow)
def deactivate_device(device_id: UUID, body: Deactivation, write: Admin) -> JSONResponse:
    """Take a terminal out of use; to the gateway it is unknown from now on."""

    def act(uow: UnitOfWork) -> UUID:
        return fleet.set_device_active(
            uow, device_id, active=False, version=body.version, reason=body.reason
        )

    return _device(write, body, act)


@router.post("/api/devices/{device_id}/activate", response_model=RegistryRow)
def activate_device(device_id: UUID, body: Seen, write: Admin) -> JSONResponse:
    """Bring a terminal back into use; it can connect again."""

    def act(uow: UnitOfWork) -> UUID:
        return fleet.set_device_active(uow, device_id, active=True, version=body.version)

    return _device(write, body, act)


def _saved_device(
    write: Writer, body: DeviceBody, device_id: UUID | None, version: int, status: int = 200
) -> JSONResponse:
    def act(uow: UnitOfWork) -> UUID:
        return fleet.save_device(
            uow,
            device_id,
            kind=body.kind,
            protocol=body.protocol,
            identity=body.identity,
            vehicle_id=body.vehicle_id,
            version=version,
            more=body.model_dump(
                include={"time_zone", "datum", "model", "note"}, exclude_unset=True
            ),
        )

    return _device(write, body, act, status)


def _device(
    write: Writer, body: Body, use_case: Callable[[UnitOfWork], UUID], status: int = 200
) -> JSONResponse:
    def act(uow: UnitOfWork) -> dict[str, Any]:
        id_ = use_case(uow)
        uow.flush()
        return known.registry_rows(uow.session, uow.org_id, [id_])[0]

    return write.run(body, act, status)

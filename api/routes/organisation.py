"""The organisation: units, logins and vehicles. Writes are the administrator's."""

import json
from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from api.deps import Need, Writer, writer
from api.schemas import Body
from api.schemas_roster import (
    AccountAnswer,
    AccountRow,
    Deactivation,
    FleetRow,
    OrganisationTree,
    Seen,
    UnitBody,
    UnitChange,
    UnitRow,
    UserBody,
    UserChange,
    VehicleBody,
    VehicleChange,
)
from core.clock import now
from core.db import read_session
from core.identity import EVERYTHING, Principal
from core.rights import Right, Role
from core.uow import UnitOfWork
from dashboards import organisation as shown
from dashboards.reference import organisation_codes
from dashboards.values import iso
from dispatch.roster import accounts, fleet, repository, units
from dispatch.roster.accounts import UserValues
from dispatch.roster.people import phone_of
from dispatch.roster.units import UnitValues

router = APIRouter(tags=["organisation"])
Viewer = Annotated[Principal, Depends(Need(Right.ORGANISATION_VIEW))]
AdminViewer = Annotated[Principal, Depends(Need(Right.ORGANISATION_ADMIN))]
Admin = Annotated[Writer, writer(Right.ORGANISATION_ADMIN)]


@router.get("/api/organisation", response_model=OrganisationTree)
def organisation(principal: Viewer) -> dict[str, Any]:
    """All units that you may see, each with who is on duty now; a centre sees its own."""
    at = now()
    with read_session() as session:
        rows = shown.tree(session, principal.org_id, principal.access, at)
    return {
        "at": iso(at),
        "units": rows,
        **organisation_codes(),
    }


@router.get("/api/units/{unit_id}", response_model=UnitRow)
def unit(unit_id: UUID, principal: Viewer) -> dict[str, Any]:
    """One unit with who is on duty now."""
    with read_session() as session:
        repository.unit_of(session, principal.org_id, unit_id, principal.access)
        return shown.unit_row(session, principal.org_id, unit_id, now())


@router.post("/api/units", status_code=201, response_model=UnitRow)
def create_unit(body: UnitBody, write: Admin) -> JSONResponse:
    """A new unit under its parent."""
    return _unit(write, body, lambda uow: units.create_unit(uow, _unit_values(body)), 201)


@router.post("/api/units/{unit_id}", response_model=UnitRow)
def change_unit(unit_id: UUID, body: UnitChange, write: Admin) -> JSONResponse:
    """Rename, move under another unit, give another phone, site, trade or voltage classes."""

    def act(uow: UnitOfWork) -> UUID:
        units.change_unit(uow, unit_id, _unit_values(body), body.version)
        return unit_id

    return _unit(write, body, act)


@router.post("/api/units/{unit_id}/deactivate", response_model=UnitRow)
def deactivate_unit(unit_id: UUID, body: Deactivation, write: Admin) -> JSONResponse:
    """Take a unit out of use; refused while units, orders, regions or logins hang on it."""

    def act(uow: UnitOfWork) -> UUID:
        units.deactivate_unit(uow, unit_id, body.reason, body.version)
        return unit_id

    return _unit(write, body, act)


@router.post("/api/units/{unit_id}/activate", response_model=UnitRow)
def activate_unit(unit_id: UUID, body: Seen, write: Admin) -> JSONResponse:
    """Bring a unit back into use."""

    def act(uow: UnitOfWork) -> UUID:
        units.activate_unit(uow, unit_id, body.version)
        return unit_id

    return _unit(write, body, act)


def _unit_values(body: UnitBody) -> UnitValues:
    values = body.model_dump(exclude={"version", "phone", "voltage_classes"})
    return UnitValues(
        **values,
        phone=phone_of(body.phone),
        voltage_classes=tuple(body.voltage_classes),
    )


def _unit(
    write: Writer, body: Body, use_case: Callable[[UnitOfWork], UUID], status: int = 200
) -> JSONResponse:
    def act(uow: UnitOfWork) -> dict[str, Any]:
        id_ = use_case(uow)
        _look_again(uow)
        return shown.unit_row(uow.session, uow.org_id, id_, uow.now)

    return write.run(body, act, status)


def _look_again(uow: UnitOfWork) -> None:
    """What follows comes from the database, as the next reader will find it."""
    uow.flush()
    uow.session.expunge_all()


@router.get("/api/users", response_model=list[AccountRow])
def users(principal: AdminViewer) -> list[dict[str, Any]]:
    """All logins."""
    with read_session() as session:
        return shown.user_rows(session, principal.org_id)


@router.post("/api/users", status_code=201, response_model=AccountAnswer)
def create_user(body: UserBody, write: Admin) -> JSONResponse:
    """A new login; its password is made here and told once."""
    return _account(write, body, lambda uow: accounts.create_user(uow, _user_values(body)), 201)


@router.post("/api/users/{user_id}", response_model=AccountAnswer)
def change_user(user_id: UUID, body: UserChange, write: Admin) -> JSONResponse:
    """Another name, login, role or unit. Role and unit end the login's sessions."""

    def act(uow: UnitOfWork) -> tuple[UUID, str | None]:
        accounts.change_user(uow, user_id, _user_values(body), body.version)
        return user_id, None

    return _account(write, body, act)


@router.post("/api/users/{user_id}/deactivate", response_model=AccountAnswer)
def deactivate_user(user_id: UUID, body: Deactivation, write: Admin) -> JSONResponse:
    """Nobody logs in with it any more; open sessions end."""

    def act(uow: UnitOfWork) -> tuple[UUID, str | None]:
        accounts.set_active(uow, user_id, active=False, version=body.version, reason=body.reason)
        return user_id, None

    return _account(write, body, act)


@router.post("/api/users/{user_id}/activate", response_model=AccountAnswer)
def activate_user(user_id: UUID, body: Seen, write: Admin) -> JSONResponse:
    """The login can be used again, with the password that it had."""

    def act(uow: UnitOfWork) -> tuple[UUID, str | None]:
        accounts.set_active(uow, user_id, active=True, version=body.version)
        return user_id, None

    return _account(write, body, act)


@router.post("/api/users/{user_id}/password", response_model=AccountAnswer)
def reset_password(user_id: UUID, body: Seen, write: Admin) -> JSONResponse:
    """A new password, told once; open sessions end."""

    def act(uow: UnitOfWork) -> tuple[UUID, str | None]:
        return user_id, accounts.reset_password(uow, user_id, body.version)

    return _account(write, body, act)


def _user_values(body: UserBody) -> UserValues:
    return UserValues(body.login, body.name, Role(body.role), body.unit_id)


def _account(
    write: Writer,
    body: Body,
    use_case: Callable[[UnitOfWork], tuple[UUID, str | None]],
    status: int = 200,
) -> JSONResponse:
    """The password goes into this answer only: what is kept for repetitions lacks it."""
    told: list[str | None] = [None]

    def act(uow: UnitOfWork) -> dict[str, Any]:
        id_, told[0] = use_case(uow)
        _look_again(uow)
        return {**shown.user_rows(uow.session, uow.org_id, [id_])[0], "password": None}

    answer = write.run(body, act, status)
    if told[0] is None:
        return answer
    content = json.loads(bytes(answer.body)) | {"password": told[0]}
    return JSONResponse(content, status, headers={"Cache-Control": "no-store"})


@router.get("/api/vehicles", response_model=list[FleetRow])
def vehicles(principal: Viewer) -> list[dict[str, Any]]:
    """Vehicles with their devices; a centre sees those of its crews."""
    with read_session() as session:
        return shown.vehicle_rows(session, principal.org_id, principal.access)


@router.post("/api/vehicles", status_code=201, response_model=FleetRow)
def create_vehicle(body: VehicleBody, write: Admin) -> JSONResponse:
    """A new vehicle, of a crew or of none yet."""
    return _vehicle(
        write, body, lambda uow: fleet.save_vehicle(uow, None, body.plate, body.crew_id), 201
    )


@router.post("/api/vehicles/{vehicle_id}", response_model=FleetRow)
def change_vehicle(vehicle_id: UUID, body: VehicleChange, write: Admin) -> JSONResponse:
    """Another plate, or another crew unless it is under way for an open order."""
    return _vehicle(
        write,
        body,
        lambda uow: fleet.save_vehicle(uow, vehicle_id, body.plate, body.crew_id, body.version),
    )


@router.post("/api/vehicles/{vehicle_id}/deactivate", response_model=FleetRow)
def deactivate_vehicle(vehicle_id: UUID, body: Deactivation, write: Admin) -> JSONResponse:
    """Take a vehicle out of use; refused while it is under way for an open order."""

    def act(uow: UnitOfWork) -> UUID:
        return fleet.set_vehicle_active(
            uow, vehicle_id, active=False, version=body.version, reason=body.reason
        )

    return _vehicle(write, body, act)


@router.post("/api/vehicles/{vehicle_id}/activate", response_model=FleetRow)
def activate_vehicle(vehicle_id: UUID, body: Seen, write: Admin) -> JSONResponse:
    """Bring a vehicle back into use, to its crew where that is in use."""

    def act(uow: UnitOfWork) -> UUID:
        return fleet.set_vehicle_active(uow, vehicle_id, active=True, version=body.version)

    return _vehicle(write, body, act)


def _vehicle(
    write: Writer, body: Body, use_case: Callable[[UnitOfWork], UUID], status: int = 200
) -> JSONResponse:
    def act(uow: UnitOfWork) -> dict[str, Any]:
        id_ = use_case(uow)
        _look_again(uow)
        return shown.vehicle_rows(uow.session, uow.org_id, EVERYTHING, [id_])[0]

    return write.run(body, act, status)

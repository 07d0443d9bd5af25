"""Use case: many devices at once, from a CSV or XLSX file."""

from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Problem
from core.uow import UnitOfWork
from dispatch.crews.models import Vehicle
from dispatch.directory.imports.cells import clean
from dispatch.directory.imports.reading import open_sheet
from dispatch.directory.imports.rows import read_header
from dispatch.roster import repository
from dispatch.roster.device_table import KIND, RowProblem, Standing, Step, Table, bare, digits
from dispatch.roster.devices import set_code
from dispatch.roster.fleet import device_of, save_device
from gps.models import Device
from gps.terminals import PROTOCOL

MOST = 2000
"""Rows of one file: they are one transaction."""


class TooManyDevices(Problem):
    """The table has more rows than are taken at once."""

    status = 422
    code = "too_many_devices"
    zh = "表中有 {rows} 行，一次最多 {most} 行。"
    en = "The table has {rows} rows; at most {most} are taken at once."


@dataclass(slots=True)
class Outcome:
    """Rows by what they did, or would do; `problems` of those that were refused."""

    rows: int
    added: int = 0
    changed: int = 0
    same: int = 0
    rejected: int = 0
    problems: list[RowProblem] = field(default_factory=list)


def import_devices(uow: UnitOfWork, path: Path, name: str, *, dry_run: bool) -> Outcome:
    """Rows that are in order are written, the others named. `name`: what the user calls the file.

    Raises FileUnreadable, HeaderWrong, TooManyDevices.
    """
    repository.lock_organisation(uow.session, uow.org_id)
    with open_sheet(path, name) as sheet:
        header = read_header(KIND, sheet.header)
        if sheet.rows > MOST:
            raise TooManyDevices(rows=sheet.rows, most=MOST)
        records = list(sheet.records())
    place = header.places["identity"]
    named = {digits(clean(record[place])) for _, record in records if len(record) > place}
    table = Table(header, _devices(uow, named), _vehicles(uow.session, uow.org_id))
    outcome, steps = Outcome(len(records)), list[Step]()
    for number, record in records:
        found = table.judge(number, record)
        if isinstance(found, Step):
            steps.append(found)
        else:
            outcome.rejected += 1
            outcome.problems += found
    for what in ("added", "changed", "same"):
        setattr(outcome, what, sum(step.what == what for step in steps))
    if not dry_run:
        for step in steps:
            _take(uow, step)
    return outcome


def _take(uow: UnitOfWork, step: Step) -> None:
    if step.what == "same":
        return
    known = step.known
    id_ = save_device(
        uow,
        known.id if known else None,
        kind=known.kind if known else "terminal",
        protocol=PROTOCOL,
        identity=step.identity,
        vehicle_id=_id(step.values["vehicle_id"]),
        version=known.version if known else 0,
        more={name: step.values[name] for name in ("time_zone", "datum", "note")},
    )
    if step.code is not None:
        uow.flush()
        set_code(uow, id_, step.code, device_of(uow.session, uow.org_id, id_).version)


def _id(value: object) -> UUID | None:
    return value if isinstance(value, UUID) else None


def _devices(uow: UnitOfWork, identities: set[str]) -> dict[str, Standing]:
    query = select(Device).where(Device.protocol == PROTOCOL, Device.identity.in_(identities))
    return {
        one.identity: Standing(
            one.org_id == uow.org_id,
            one.id,
            one.version,
            one.kind,
            one.auth_code,
            {
                "vehicle_id": one.vehicle_id,
                "time_zone": one.time_zone,
                "datum": one.datum,
                "note": one.note,
            },
        )
        for one in uow.session.scalars(query)
    }


def _vehicles(session: Session, org_id: int) -> dict[str, UUID]:
    query = select(Vehicle).where(Vehicle.org_id == org_id, Vehicle.active)
    return {bare(one.plate): one.id for one in session.scalars(query)}

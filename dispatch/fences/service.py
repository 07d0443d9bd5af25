"""Use cases: fences are drawn, changed, imported, taken out of use and back.

A centre draws its own; fences for all are drawn by those who see all. The gateways notice a change
by the edition; a fence that is drawn or moved invents no entry (gps.fences).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core import events as ev
from core.errors import InvalidField
from core.identity import Access
from core.ids import new_id
from core.models import Unit
from core.rights import Scope
from core.uow import UnitOfWork
from dispatch.crews.models import Vehicle
from dispatch.fences import repository
from dispatch.places.sites import shape_told
from dispatch.roster.changes import SOURCE, apply, demand_version
from dispatch.roster.repository import lock_organisation
from gps.geojson import from_geometry
from gps.movement_models import PURPOSES, Fence

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,29}")
MOST = 5000
"""Fences of an organisation."""
MOST_IMPORTED = 1000
WHERE = {"created", "shape", "unit_id", "vehicle_ids", "active"}
"""Changes that say where or whose a fence is: after those the gateways read it again."""


@dataclass(frozen=True, slots=True)
class FenceValues:
    """What a fence is. `shape`: as gps.shapes writes it. `vehicle_ids` None: all of the centre,
    or all; `unit_id` None: no centre's own.
    """

    code: str
    name_zh: str
    name_en: str
    purpose: str
    shape: Mapping[str, Any]
    unit_id: UUID | None = None
    vehicle_ids: tuple[UUID, ...] | None = None


def save_fence(
    uow: UnitOfWork, access: Access, fence_id: UUID | None, values: FenceValues, version: int = 0
) -> UUID:
    """A new fence (no id), or another form of one. Raises InvalidField, NotFound."""
    lock_organisation(uow.session, uow.org_id)
    told = _checked(uow, access, fence_id, values)
    if fence_id is None:
        if len(repository.fences(uow.session, uow.org_id, Access(Scope.ALL))) >= MOST:
            raise InvalidField("body.code", f"at most {MOST} fences", f"最多 {MOST} 个围栏")
        row = Fence(org_id=uow.org_id, id=new_id(), version=1, active=True, **told)
        uow.session.add(row)
        _changed(uow, row, "created")
        return row.id
    row = repository.fence_of(uow.session, uow.org_id, fence_id, access)
    _demand_own(access, row.unit_id, "path.fence_id")
    demand_version(uow.session, row, version)
    if what := apply(row, told):
        _changed(uow, row, what)
    return row.id


def set_fence_active(
    uow: UnitOfWork, access: Access, fence_id: UUID, *, active: bool, version: int
) -> UUID:
    """Out of use: nobody enters or leaves it any more. Or back."""
    lock_organisation(uow.session, uow.org_id)
    row = repository.fence_of(uow.session, uow.org_id, fence_id, access)
    _demand_own(access, row.unit_id, "path.fence_id")
    demand_version(uow.session, row, version)
    if what := apply(row, {"active": active}):
        _changed(uow, row, what)
    return row.id


def import_fences(
    uow: UnitOfWork, access: Access, collection: Mapping[str, Any], unit_id: UUID | None
) -> list[UUID]:
    """All features of a GeoJSON collection, or none: known codes are changed, others made.

    Properties: `code`, `name_zh`, `name_en`, `purpose`, and `radius_m` or `width_m` (gps.geojson).
    Raises InvalidField that names the feature.
    """
    features = collection.get("features")
    if collection.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise InvalidField("body.geojson.type", "a FeatureCollection", "须为 FeatureCollection")
    if not 0 < len(features) <= MOST_IMPORTED:
        wanted = f"1 to {MOST_IMPORTED}"
        raise InvalidField("body.geojson.features", wanted, f"须有 1 至 {MOST_IMPORTED} 个")
    lock_organisation(uow.session, uow.org_id)
    found: list[UUID] = []
    for index, feature in enumerate(features):
        field = f"body.geojson.features.{index}"
        try:
            values = _from_feature(feature, unit_id)
        except ValueError as error:
            name, _, what = str(error).partition(": ")
            raise InvalidField(f"{field}.{name}", what or name, what or name) from error
        known = repository.fence_with(uow.session, uow.org_id, values.code)
        if known is not None and access.scope is not Scope.ALL and known.unit_id != access.unit_id:
            text = "another centre's fence has this code"
            raise InvalidField(f"{field}.properties.code", text, "其他中心的围栏已用此编号")
        id_, version = (known.id, known.version) if known else (None, 0)
        found.append(save_fence(uow, access, id_, values, version))
        uow.session.flush()
    return found


def vehicles_moved(uow: UnitOfWork) -> None:
    """A vehicle changed its crew, or a crew its centre: who a centre's fences are for changed."""
    repository.renew_of_centres(uow.session, uow.org_id)


def _from_feature(feature: Any, unit_id: UUID | None) -> FenceValues:
    if not isinstance(feature, dict) or not isinstance(feature.get("geometry"), dict):
        raise ValueError("geometry: is missing")
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        raise ValueError("properties: are missing")
    words: dict[str, str] = {}
    for name in ("code", "name_zh", "name_en"):
        text = properties.get(name) or (properties.get("name_zh") if name == "name_en" else None)
        if not isinstance(text, str) or not 0 < len(text.strip()) <= 80:
            raise ValueError(f"properties.{name}: is missing, or longer than 80 characters")
        words[name] = " ".join(text.split())
    if not CODE.fullmatch(words["code"]):
        raise ValueError("properties.code: letters, digits, dots and dashes, at most 30")
    return FenceValues(
        code=words["code"],
        name_zh=words["name_zh"],
        name_en=words["name_en"],
        purpose=str(properties.get("purpose") or "other"),
        shape=from_geometry(feature["geometry"], properties).to_json(),
        unit_id=unit_id,
    )


def _checked(
    uow: UnitOfWork, access: Access, fence_id: UUID | None, values: FenceValues
) -> dict[str, Any]:
    _demand_own(access, values.unit_id, "body.unit_id")
    if values.unit_id is not None:
        unit = uow.session.get(Unit, (uow.org_id, values.unit_id))
        if unit is None or unit.kind != "centre":
            raise InvalidField("body.unit_id", "there is no such centre", "没有此报修中心")
    if values.purpose not in PURPOSES:
        listed = ", ".join(PURPOSES)
        raise InvalidField("body.purpose", f"one of {listed}", f"应为以下之一：{listed}")
    shape = shape_told(values.shape).to_json()
    taken = repository.fence_with(uow.session, uow.org_id, values.code)
    if taken is not None and taken.id != fence_id:
        raise InvalidField("body.code", "another fence has this code", "已有此编号")
    return {
        "code": values.code,
        "name_zh": values.name_zh,
        "name_en": values.name_en,
        "purpose": values.purpose,
        "shape": shape,
        "unit_id": values.unit_id,
        "vehicle_ids": _vehicles(uow, values.vehicle_ids),
    }


def _vehicles(uow: UnitOfWork, wanted: tuple[UUID, ...] | None) -> list[str] | None:
    if wanted is None:
        return None
    query = select(Vehicle.id).where(Vehicle.org_id == uow.org_id, Vehicle.id.in_(wanted))
    known = set(uow.session.scalars(query))
    if missing := [str(one) for one in wanted if one not in known]:
        text = f"there is no vehicle {missing[0]}"
        raise InvalidField("body.vehicle_ids", text, f"没有车辆 {missing[0]}")
    return sorted(str(one) for one in known)


def _demand_own(access: Access, unit_id: UUID | None, field: str) -> None:
    """A centre draws its own fences only."""
    if access.scope is not Scope.ALL and unit_id != access.unit_id:
        raise InvalidField(
            field, "a centre changes its own fences only", "报修中心只能改自己的围栏"
        )


def _changed(uow: UnitOfWork, row: Fence, what: str) -> None:
    if WHERE & set(what.split()):
        row.edition = repository.next_edition(uow.session, uow.org_id)
    uow.session.flush()
    fact = ev.OrganisationFenceChanged(
        version=row.version,
        what=what,
        kind=row.shape["kind"],
        purpose=row.purpose,
        unit_id=row.unit_id,
        active=row.active,
    )
    uow.emit(row.id, fact, source=SOURCE)

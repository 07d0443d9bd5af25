"""Where an order goes: the proposal with its reasons, the table, its gaps and settings."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from api.deps import Need, Writer, writer
from api.schemas_routing import (
    Area,
    Code,
    GapRow,
    ProposalAnswer,
    RoutingRowRow,
    RoutingSettingsBody,
    RoutingSettingsRow,
    RowBody,
    RowChangeBody,
    RowRemovalBody,
    TableAnswer,
)
from core.clock import now
from core.db import read_session
from core.errors import InvalidField
from core.identity import Principal
from core.rights import Right
from core.uow import UnitOfWork
from dashboards.reference import FAULT_CODES, TRADE_CODES
from dispatch.orders import repository as orders
from dispatch.routing import repository, service
from dispatch.routing.rules import Row, Settings, Target
from dispatch.routing.service import Asked, Proposal
from dispatch.routing.words import explained

router = APIRouter(tags=["routing"], prefix="/api/routing")
Viewer = Annotated[Principal, Depends(Need(Right.BOARD))]
Planner = Annotated[Principal, Depends(Need(Right.ORGANISATION_VIEW))]
Admin = Annotated[Writer, writer(Right.ORGANISATION_ADMIN)]


def _row(row: Row) -> dict[str, Any]:
    return {name: value for name, value in asdict(row).items() if name != "id"} | {
        "id": str(row.id),
        "region_id": str(row.region_id) if row.region_id else None,
        "centre_id": str(row.centre_id),
        "stand_ins": [
            {"centre_id": str(one.centre_id), "trade": one.trade} for one in row.stand_ins
        ],
    }


def _demand_known(field: str, code: str | None, codes: tuple[str, ...]) -> None:
    if code is not None and code not in codes:
        listed = ", ".join(codes)
        raise InvalidField(field, f"must be one of {listed}", f"应为以下之一：{listed}")


@router.get("", response_model=ProposalAnswer)
def proposal(
    principal: Viewer,
    order_id: Annotated[
        UUID | None, Query(description="Of this order; the rest is left out")
    ] = None,
    fault_code: Annotated[Code | None, Query(description="What failed", examples=["other"])] = None,
    region: Annotated[
        str | None, Query(max_length=64, description="Id or short code of the district, if known")
    ] = None,
    lat: Annotated[float | None, Query(ge=-90, le=90, description="WGS-84, with lon")] = None,
    lon: Annotated[float | None, Query(ge=-180, le=180, description="WGS-84, with lat")] = None,
    area_class: Area = "urban",
    customer_id: Annotated[UUID | None, Query(description="Whose premise it is")] = None,
    trade: Annotated[
        Code | None,
        Query(
            description="What the answers or a person chose; left out: the table's",
            examples=["any"],
        ),
    ] = None,
) -> dict[str, Any]:
    """The centre and trade that the table names now, with reasons and the row that decided."""
    if (lat is None) != (lon is None):
        missing = "lat" if lat is None else "lon"
        raise InvalidField(f"query.{missing}", "missing beside the other one", "经纬度须同时填写")
    with read_session() as session:
        if order_id is not None:
            order = orders.get_order(session, principal.org_id, order_id, principal.access)
            found = service.propose_for(session, principal.org_id, order, now())
        else:
            _demand_known("query.fault_code", fault_code or "", FAULT_CODES)
            _demand_known("query.trade", trade, TRADE_CODES)
            region_id = service.region_named(session, principal.org_id, region)
            asked = Asked(fault_code or "", area_class, region_id, lat, lon, customer_id, trade)
            found = service.propose(session, principal.org_id, asked, now())
        names = repository.unit_names(session, principal.org_id)
    return _answer(found, lambda id_: names.get(id_, ("", "")))


def _answer(found: Proposal, name: Callable[[UUID], tuple[str, str]]) -> dict[str, Any]:
    choice = found.choice
    return {
        "centre_id": choice.centre_id,
        "trade": choice.trade,
        "region_id": found.region_id,
        "row": _row(choice.row) if choice.row else None,
        "why": [
            dict(
                zip(("zh", "en"), explained(step, name), strict=True),
                code=step.code,
                row_id=step.row.id if step.row else None,
            )
            for step in choice.why
        ],
    }


@router.get("/rows", response_model=TableAnswer)
def table(principal: Planner) -> dict[str, Any]:
    """The whole table, with the rows that follow from the districts, and the settings."""
    with read_session() as session:
        return {
            "rows": [_row(row) for row in service.all_rows(session, principal.org_id)],
            "settings": asdict(repository.settings_of(session, principal.org_id)),
        }


@router.get("/gaps", response_model=list[GapRow])
def gaps(principal: Planner) -> list[dict[str, Any]]:
    """Districts and faults that reach nobody at some hour of this week."""
    with read_session() as session:
        return [
            asdict(one) for one in service.find_gaps(session, principal.org_id, FAULT_CODES, now())
        ]


def _of(body: RowBody) -> Row:
    _demand_known("body.fault_code", body.fault_code, FAULT_CODES)
    _demand_known("body.trade", body.trade, TRADE_CODES)
    for index, one in enumerate(body.stand_ins):
        _demand_known(f"body.stand_ins.{index}.trade", one.trade, TRADE_CODES)
    values = body.model_dump(exclude={"stand_ins", "version"})
    stand_ins = tuple(Target(one.centre_id, one.trade) for one in body.stand_ins)
    return Row(id=UUID(int=0), stand_ins=stand_ins, **values)


@router.post("/rows", status_code=201, response_model=RoutingRowRow)
def add(body: RowBody, write: Admin) -> JSONResponse:
    """Write a row; it holds from now on."""
    row = _of(body)
    return write.run(body, lambda uow: _row(service.add_row(uow, row)), status=201)


@router.post("/rows/{row_id}", response_model=RoutingRowRow)
def change(row_id: UUID, body: RowChangeBody, write: Admin) -> JSONResponse:
    """Change a row; it holds from now on."""
    row = replace(_of(body), id=row_id, version=body.version)
    return write.run(body, lambda uow: _row(service.change_row(uow, row)))


@router.post("/rows/{row_id}/remove", response_model=None)
def remove(row_id: UUID, body: RowRemovalBody, write: Admin) -> JSONResponse:
    """Take a row out."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        service.remove_row(uow, row_id, body.version)
        return {"id": str(row_id)}

    return write.run(body, act)


@router.post("/settings", response_model=RoutingSettingsRow)
def settings(body: RoutingSettingsBody, write: Admin) -> JSONResponse:
    """When the system releases by itself, and how long a desk may be gone."""
    new = Settings(**body.model_dump())
    return write.run(body, lambda uow: asdict(service.change_settings(uow, new)))

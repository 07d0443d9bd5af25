"""A customer whose every personal word is known, and an order about it."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.clock import now
from core.db import session_factory
from core.ids import new_id
from core.models import Unit
from core.settings import settings
from dispatch.directory.models import Customer, CustomerPhone, Premise, Region, ServicePoint
from dispatch.starter import ORG_ID
from tests.office import NEEDS, Office
from tests.people import visitor
from tests.telephony.carrier import InboundCall
from tests.telling import tell

NAME, NAME_EN = "诸葛知秋", "Zhuge Zhiqiu"
PHONE = "+8613987654321"
ADDRESS = "晨钟区杏花街987号6单元503室"
ADDRESS_EN = "Flat 6-503, 987 Apricot Street, Morning Bell"
CALLER = "慕容晚晴"
WORDS = "找慕容师傅，电话 13987654321，987号楼503室"
SECRETS = (NAME, NAME_EN, "13987654321", "7654321", "987号", "503室", "987 Apricot", CALLER)
"""What nobody may read who sees masks, in any answer, event or log line."""
_NUMBERS = count(41)


@dataclass(frozen=True)
class Planted:
    """Ids of what was planted."""

    customer: str
    phone: str
    premise: str
    call: str
    ticket: str
    order: str


def plant_customer() -> tuple[UUID, UUID, UUID]:
    """A customer with phone, premise and meter. Gives the ids of customer, phone and premise."""
    customer, premise, phone = new_id(), new_id(), new_id()
    serial = next(_NUMBERS)
    own: dict[str, Any] = {"org_id": ORG_ID}
    with session_factory()() as session:
        region = session.scalars(select(Region).where(Region.org_id == ORG_ID)).first()
        if region is None:
            centre = select(Unit).where(Unit.org_id == ORG_ID, Unit.code == "east")
            region = Region(
                **own,
                id=new_id(),
                code="CZ",
                name_zh="晨钟区",
                name_en="Morning Bell",
                centre_id=session.scalars(centre).one().id,
            )
            session.add(region)
            session.flush()
        session.add(
            Customer(
                **own,
                id=customer,
                number=f"88{serial:08d}",
                name_zh=NAME,
                name_en=NAME_EN,
                importance="second",
                account_state="active",
                category="commercial",
                voltage="10",
                contract_kva=315.0,
                running_kva=250.0,
                commissioned_on=date(2011, 6, 18),
            )
        )
        session.add(
            Premise(
                **own,
                id=premise,
                region_id=region.id,
                address_zh=ADDRESS,
                address_en=ADDRESS_EN,
                area_class="urban",
                lat=39.9239,
                lon=116.3966,
            )
        )
        session.flush()
        session.add(
            CustomerPhone(**own, customer_id=customer, id=phone, number=PHONE, verified=True)
        )
        session.add(
            ServicePoint(
                **own,
                id=new_id(),
                customer_id=customer,
                premise_id=premise,
                meter=f"0188{serial:08d}",
            )
        )
        session.commit()
    return customer, phone, premise


def rings(office: Office) -> str:
    """The planted phone calls. Gives the id of the call."""
    began = now().replace(microsecond=0) - timedelta(seconds=90)
    call = InboundCall(next(_NUMBERS) + 40_000, began=began, from_number=PHONE)
    for hook in (call.voice(), call.completed()):
        headers = hook.headers(settings().effective_public_url)
        with visitor(office.url) as carrier:
            assert carrier.post(hook.path, content=hook.body, headers=headers).is_success
    tell()
    calls = office.person("agent").get("/api/calls")
    return str(next(row["id"] for row in calls if row["from_number"] == PHONE))


def plant(office: Office) -> Planted:
    """A customer calls, and an order is sent to crew east-1."""
    customer, phone, premise = plant_customer()
    call = rings(office)
    agent, lead, desk = (office.person(one) for one in ("agent", "lead", "east.desk"))
    ticket = agent.post(
        "/api/tickets",
        {
            "call_id": call,
            "caller_name": CALLER,
            "caller_phone": PHONE,
            "description": WORDS,
            "customer_id": str(customer),
        },
    )["id"]
    place = {"place": ADDRESS, "place_en": ADDRESS_EN}
    order = agent.post("/api/orders", {**NEEDS, **place, "ticket_id": ticket})["id"]
    lead.post(f"/api/orders/{order}/release", {"centre_id": office.unit("east")})
    desk.post(f"/api/orders/{order}/dispatch", {"crew_id": office.unit("east-1")})
    return Planted(str(customer), str(phone), str(premise), call, ticket, order)

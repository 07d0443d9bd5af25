"""A line with customers and phones, written into the directory for notices to many."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import insert

from core.db import session_factory
from core.ids import new_id
from dispatch.directory.models import (
    Customer,
    CustomerPhone,
    NetworkNode,
    Premise,
    ServicePoint,
)
from tests.office import ORG_ID, user_id


@dataclass(frozen=True)
class Person:
    """Somebody who is supplied. `numbers`: in the order of calling."""

    numbers: tuple[str, ...]
    importance: str = "ordinary"
    account_state: str = "active"


@dataclass(frozen=True)
class Line:
    """A feeder with one transformer; its customers in the order that they were given."""

    feeder: UUID
    transformer: UUID
    customers: tuple[UUID, ...]


def mobiles(count: int, first: int = 0) -> list[str]:
    """Numbers that take short messages."""
    return [f"+86138{first + one:08d}" for one in range(count)]


def line(people: Sequence[Person], org_id: int = ORG_ID) -> Line:
    """Write them down."""
    feeder, transformer = new_id(), new_id()
    ids = tuple(new_id() for _ in people)
    places = [new_id() for _ in people]
    phones = [
        {"org_id": org_id, "customer_id": id_, "number": number, "verified": True, "position": at}
        for id_, one in zip(ids, people, strict=True)
        for at, number in enumerate(one.numbers)
    ]
    with session_factory()() as session:
        for id_, kind, parent in (
            (feeder, "feeder", None),
            (transformer, "transformer", feeder),
        ):
            values = {"id": id_, "kind": kind, "code": str(id_)[-12:], "parent_id": parent}
            session.execute(
                insert(NetworkNode).values(org_id=org_id, name_zh="线", name_en="Line", **values)
            )
        if people:
            session.execute(
                insert(Customer),
                [
                    {
                        "org_id": org_id,
                        "id": id_,
                        "number": f"T{id_.int % 10**14}",
                        "name_zh": "王五",
                        "importance": one.importance,
                        "account_state": one.account_state,
                    }
                    for id_, one in zip(ids, people, strict=True)
                ],
            )
            session.execute(
                insert(Premise),
                [
                    {"org_id": org_id, "id": id_, "address_zh": "景山", "area_class": "urban"}
                    for id_ in places
                ],
            )
            session.execute(
                insert(ServicePoint),
                [
                    {
                        "org_id": org_id,
                        "id": new_id(),
                        "customer_id": id_,
                        "premise_id": place,
                        "transformer_id": transformer,
                        "meter": f"M{id_.hex}",
                    }
                    for id_, place in zip(ids, places, strict=True)
                ],
            )
        if phones:
            session.execute(insert(CustomerPhone), phones)
        session.commit()
    return Line(feeder, transformer, ids)


def lead() -> UUID:
    """Who sends notices."""
    return user_id("lead")

"""The index of the directory: made whole, made of some, made while others edit."""

from typing import Any

import pytest
from sqlalchemy import select, text, update

from api.demo.city import City
from core.db import session_factory
from core.ids import new_id
from dispatch.directory.models import Customer, CustomerPhone, Premise, ServicePoint
from dispatch.directory.search.refresh import ensure_index, refresh, refresh_things
from dispatch.starter import ORG_ID
from tests.office import Office


def words(number: str) -> str:
    with session_factory()() as session:
        query = text("SELECT words FROM search_entry WHERE org_id = :org AND number = :number")
        return str(session.execute(query, {"org": ORG_ID, "number": number}).scalar_one_or_none())


def parts() -> list[str]:
    query = text(
        "SELECT inhrelid::regclass::text FROM pg_inherits"
        " WHERE inhparent = 'search_entry'::regclass ORDER BY 1"
    )
    with session_factory()() as session:
        return list(session.scalars(query))


def customer_of(city: City, place: int) -> Customer:
    with session_factory()() as session:
        query = select(Customer).where(Customer.number == city.customers[place].number)
        return session.scalars(query).one()


def test_everybody_is_in_it_with_every_field(town: Office, city: City) -> None:
    with session_factory()() as session:
        count = session.execute(text("SELECT count(*) FROM search_entry")).scalar_one()
        things = session.execute(text("SELECT count(*) FROM search_thing")).scalar_one()
        rest = session.execute(text("SELECT count(*) FROM search_entry_rest")).scalar_one()
    assert count == len(city.customers)
    assert things > len(city.devices) + len(city.districts)
    assert rest == 0
    one = city.customers[40]
    held = words(one.number)
    for form in (one.name_zh, one.address_zh, f"|m{one.meter}|", f"|c{one.number}|"):
        assert form in held
    assert f"|t{one.phone.removeprefix('+86')}|" in held


def test_what_is_edited_is_found_anew(town: Office, city: City) -> None:
    one = customer_of(city, 50)
    with session_factory()() as session:
        session.execute(update(Customer).where(Customer.id == one.id).values(name_zh="曾国强"))
        phone = CustomerPhone(
            org_id=ORG_ID, customer_id=one.id, number="+8616455556666", verified=False
        )
        session.add(phone)
        assert refresh(session, ORG_ID, [one.id]) == 1
        session.commit()
    held = words(one.number)
    assert "|n曾国强|" in held
    assert "|pzengguoqiang|" in held
    assert "|icgq|" in held
    assert "|t16455556666|" in held


def test_a_premise_of_several_is_a_row_of_its_own(town: Office, city: City) -> None:
    first, second = customer_of(city, 60), customer_of(city, 61)
    with session_factory()() as session:
        point = session.scalars(
            select(ServicePoint).where(ServicePoint.customer_id == first.id)
        ).one()
        session.add(
            ServicePoint(
                org_id=ORG_ID,
                id=new_id(),
                customer_id=second.id,
                premise_id=point.premise_id,
                transformer_id=None,
                meter="M-shared-1",
            )
        )
        session.execute(update(Premise).where(Premise.id == point.premise_id).values(code="P-77"))
        assert refresh(session, ORG_ID, [second.id]) == 2
        session.commit()
    assert "|kp77|" in words("P-77")
    assert "|mmshared1|" in words(second.number)


def test_a_new_part_takes_the_old_ones_place(town: Office, city: City) -> None:
    before = parts()
    with session_factory()() as session:
        refresh(session, ORG_ID)
        session.commit()
    after = parts()
    assert len(after) == len(before) == 2
    assert set(after) & set(before) == {"search_entry_rest"}


def test_what_is_edited_meanwhile_is_carried_over(
    town: Office, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The editor began before the whole was read and commits before it takes its place."""
    from dispatch.directory.search import parts as module

    one = customer_of(city, 70)
    take_place = module._take_place
    with session_factory()() as editor:
        editor.execute(update(Customer).where(Customer.id == one.id).values(name_zh="单小虎"))
        refresh(editor, ORG_ID, [one.id])

        def late(*values: Any) -> None:
            editor.commit()
            take_place(*values)

        monkeypatch.setattr(module, "_take_place", late)
        with session_factory()() as session:
            refresh(session, ORG_ID)
            session.commit()
    assert "|pshanxiaohu|" in words(one.number)


def test_a_renamed_line_is_found_by_its_new_name(town: Office) -> None:
    with session_factory()() as session:
        session.execute(text("UPDATE network_node SET name_zh = '重庆路线' WHERE code = 'LW-F1'"))
        refresh_things(session, ORG_ID)
        session.commit()
        query = text("SELECT words FROM search_thing WHERE number = 'LW-F1'")
        held = session.execute(query).scalar_one()
    assert "chongqinglu" in held
    assert "|icqlx|" in held


def test_an_organisation_without_an_index_gets_one(own_office: Office) -> None:
    with session_factory()() as session:
        assert ensure_index(session) > 0
        session.commit()
        assert ensure_index(session) == 0
    found = own_office.person("lead").get("/api/search", q="east-1")
    assert [hit["code"] for hit in found["hits"]] == ["east-1"]


def test_a_unit_is_found_as_soon_as_it_is_renamed(town: Office) -> None:
    admin = town.person("admin")
    unit = next(one for one in admin.get("/api/organisation")["units"] if one["code"] == "east-1")
    body = {
        "kind": "crew",
        "code": "east-1",
        "name_zh": "飞虎一班",
        "name_en": "Flying tigers",
        "site": unit["site"],
        "parent_id": unit["parent_id"],
        "trade": "low_voltage",
        "version": unit["version"],
    }
    admin.post(f"/api/units/{unit['id']}", body)
    found = town.person("agent").get("/api/search", q="feihu")
    assert [hit["title_zh"] for hit in found["hits"]] == ["飞虎一班"]

"""What a fragment finds, and why; in the generated city, over the API."""

from typing import Any

import pytest
from pypinyin import lazy_pinyin

from api.demo.city import City
from api.demo.model import Customer
from core.db import session_factory
from core.ids import new_id
from dispatch.directory.models import Customer as Account
from dispatch.directory.models import CustomerPhone
from dispatch.directory.search.forms import place_words
from dispatch.directory.search.refresh import refresh
from dispatch.starter import ORG_ID
from tests.office import Office

Hit = dict[str, Any]


def ask(town: Office, text: str, login: str = "agent", **more: Any) -> dict[str, Any]:
    answer = town.person(login).http.get("/api/search", params={"q": text, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def customers(found: dict[str, Any]) -> list[Hit]:
    return [hit for hit in found["hits"] if hit["kind"] == "customer"]


def fields(hit: Hit) -> list[str]:
    return [one["field"] for one in hit["why"]]


def household(city: City) -> Customer:
    return next(one for one in city.customers[600:] if one.kind == "household")


def test_one_is_found_by_any_fragment_of_a_field(town: Office, city: City) -> None:
    one = household(city)
    phone = one.phone.removeprefix("+86")
    for text, field in (
        (one.number, "account"),
        (one.number[:9], "account"),
        (one.meter, "meter"),
        (one.meter[-11:], "meter"),
        (phone, "phone"),
        (one.phone, "phone"),
        (f"{phone[:3]} {phone[3:7]} {phone[7:]}", "phone"),
        (f"+86-{phone[:3]}-{phone[3:]}", "phone"),
        (f"0086{phone}", "phone"),
        (phone[-4:], "phone"),
        (one.address_zh, "address"),
        (one.address_zh[3:], "address"),
        (one.address_en or "", "address_en"),
    ):
        hits = customers(ask(town, text, limit=50))
        mine = [hit for hit in hits if hit["code"] == one.number]
        assert mine, text
        assert field in fields(mine[0]), (text, mine[0]["why"])


def test_exact_comes_before_prefix_before_inside(town: Office, city: City) -> None:
    with session_factory()() as session:
        for number, name in (
            ("9900000001", "阿宽"),
            ("9900000002", "阿宽玉"),
            ("9900000003", "孔阿宽"),
        ):
            session.add(
                Account(
                    org_id=ORG_ID,
                    id=new_id(),
                    number=number,
                    name_zh=name,
                    importance="second" if name == "孔阿宽" else "ordinary",
                )
            )
        session.flush()
        refresh(session, ORG_ID)
        session.commit()
    for text in ("阿宽", "akuan"):
        hits = customers(ask(town, text))
        assert [hit["code"] for hit in hits] == ["9900000001", "9900000002", "9900000003"]
        assert [hit["why"][0]["level"] for hit in hits] == [3, 2, 1]
    assert [hit["code"] for hit in customers(ask(town, "ak"))][:1] == ["9900000001"]
    assert customers(ask(town, "阿宽 孔"))[0]["code"] == "9900000003"
    assert {hit["why"][0]["matched"] for hit in customers(ask(town, "akuan"))} == {"阿宽"}


@pytest.mark.parametrize(
    ("name", "spellings"),
    [
        ("曾梦云", ("zengmengyun", "zeng", "zmy", "ceng", "mengyun", "my")),
        ("单立群", ("shanliqun", "slq", "danliqun")),
        ("吕长乐", ("lvchangle", "lüchangle", "luchangle", "lcl", "lyuchangle")),
        ("欧阳朝阳", ("ouyangchaoyang", "oycy", "chaoyang", "cy")),
    ],
)
def test_a_name_is_found_as_it_is_read(town: Office, name: str, spellings: tuple[str, ...]) -> None:
    with session_factory()() as session:
        one = Account(
            org_id=ORG_ID,
            id=new_id(),
            number=new_id().hex[-12:],
            name_zh=name,
            importance="second",
        )
        session.add(one)
        session.flush()
        refresh(session, ORG_ID, [one.id])
        session.commit()
        number = one.number
    for text in spellings:
        hits = {hit["code"]: hit for hit in customers(ask(town, text, limit=50))}
        assert number in hits, text
        assert fields(hits[number])[0] in ("pinyin", "initials")


def test_several_words_narrow(town: Office, city: City) -> None:
    one = household(city)
    district = next(area for area in city.districts if area.code == one.district)
    phone = one.phone.removeprefix("+86")
    street = one.address_zh.removeprefix(district.name_zh)
    for text in (
        f"{district.code.lower()} {phone[:8]}",
        f"{district.name_zh[:2]} {one.name_zh[0]} {phone[-4:]}",
        f"{street[:2]} {one.name_zh}",
        f"{one.name_zh} {one.meter[-4:]}",
    ):
        hits = customers(ask(town, text, limit=50))
        assert one.number in [hit["code"] for hit in hits], text
        assert all(len(hit["why"]) == len(text.split()) for hit in hits)
    assert customers(ask(town, f"{street[:2]} {one.name_zh} 绝无")) == []


def test_words_that_were_written_together_are_taken_apart(town: Office, city: City) -> None:
    one = household(city)
    hits = customers(ask(town, f"{one.name_zh}{one.phone[-4:]}"))
    assert one.number in [hit["code"] for hit in hits]


def test_a_road_is_found_as_it_is_read(town: Office, city: City) -> None:
    one = household(city)
    district = next(area for area in city.districts if area.code == one.district)
    street = max(place_words(one.address_zh.removeprefix(district.name_zh)), key=len)
    assert street in one.address_zh
    read = lazy_pinyin(street)
    hits = customers(ask(town, "".join(read), limit=50))
    assert hits
    assert all(street in hit["subtitle_zh"] for hit in hits)
    assert {hit["why"][0]["matched"] for hit in hits} == {street}
    short = "".join(one[0] for one in read)
    assert any(street in hit["subtitle_zh"] for hit in customers(ask(town, short, limit=50)))


def test_a_region_tells_whom_to_call(town: Office, city: City) -> None:
    for text in ("LW", "lw", "柳湾", "liuwan", "lwq"):
        hits = [hit for hit in ask(town, text)["hits"] if hit["kind"] == "region"]
        assert [hit["code"] for hit in hits] == ["LW"], text
        contact = hits[0]["contact"]
        assert contact["code"] == "east"
        assert contact["on_duty"] in (True, False)
    first = ask(town, "柳湾区")["hits"][0]
    assert first["kind"] == "region"


def test_devices_and_units_are_found(town: Office, city: City) -> None:
    feeder = next(one for one in city.devices if one.kind == "feeder")
    pole = next(one for one in city.devices if one.kind == "transformer")
    for text, kind, code in (
        (feeder.code, "line", feeder.code),
        (feeder.code.replace("-", "").lower(), "line", feeder.code),
        (feeder.name_zh[4:], "line", feeder.code),
        (pole.name_zh, "transformer", pole.code),
        (pole.code, "transformer", pole.code),
        ("城东报修中心", "unit", "east"),
        ("cdbxzx", "unit", "east"),
    ):
        hits = [hit for hit in ask(town, text)["hits"] if hit["kind"] == kind]
        assert code in [hit["code"] for hit in hits], text
    above = next(hit for hit in ask(town, pole.code)["hits"] if hit["kind"] == "transformer")
    assert [one["kind"] for one in above["devices"]] == ["section", "feeder", "substation"]


def test_a_customer_tells_line_and_state(town: Office, city: City) -> None:
    one = household(city)
    hit = customers(ask(town, one.number))[0]
    assert (hit["title_zh"], hit["state"], hit["open_orders"]) == (one.name_zh, "active", 0)
    assert hit["devices"][0]["code"] == one.transformer
    assert [device["kind"] for device in hit["devices"]][-1] == "substation"
    assert hit["region"]["code"] == one.district


def test_important_ones_are_marked_and_first(town: Office, city: City) -> None:
    one = next(one for one in city.customers if one.importance != "ordinary")
    hit = customers(ask(town, one.name_zh))[0]
    assert (hit["code"], hit["importance"]) == (one.number, one.importance)


def test_a_common_fragment_says_that_there_is_more(town: Office) -> None:
    found = ask(town, "路", limit=5)
    assert len(customers(found)) == 5
    assert "customer" in found["more"]
    assert ask(town, "路", limit=5) == found


def test_only_the_kinds_that_were_asked_for(town: Office, city: City) -> None:
    assert {hit["kind"] for hit in ask(town, "柳湾", kinds="region")["hits"]} == {"region"}
    kinds = {hit["kind"] for hit in ask(town, "柳湾", kinds=["line", "customer"])["hits"]}
    assert kinds == {"line", "customer"}


def test_orders_are_found_by_number(town: Office) -> None:
    order = town.released("east")
    for text in (order["number"], order["number"].replace("-", ""), order["number"][-4:]):
        hits = [hit for hit in ask(town, text)["hits"] if hit["kind"] == "order"]
        assert order["id"] in [hit["id"] for hit in hits], text
    for login, sees in (("east.desk", True), ("west.desk", False)):
        hits = [hit for hit in ask(town, order["number"], login)["hits"] if hit["kind"] == "order"]
        assert bool(hits) is sees


def test_tickets_are_found_by_number(town: Office) -> None:
    agent = town.person("agent")
    body = {"channel": "web", "caller_name": "贺知章", "description": "咨询"}
    id_ = agent.post("/api/tickets", body)["id"]
    number = agent.get(f"/api/tickets/{id_}")["ticket"]["number"]
    for text in (number, number.lower(), number[1:], number.replace("-", ""), number[-4:]):
        hits = [hit for hit in ask(town, text)["hits"] if hit["kind"] == "ticket"]
        assert (id_, number) in [(hit["id"], hit["code"]) for hit in hits], text
    assert ask(town, number, kinds="ticket")["hits"][0]["title_zh"] == number
    for login in ("west.desk", "east.crew1"):
        answer = town.person(login).http.get("/api/search", params={"q": number})
        assert not [one for one in answer.json().get("hits", ()) if one["kind"] == "ticket"]


def test_a_centre_finds_the_tickets_of_its_departments(town: Office) -> None:
    agent, admin = town.person("agent"), town.person("admin")
    unit = {
        "kind": "department",
        "code": "east-service",
        "site": "east",
        "name_zh": "城东服务班",
        "name_en": "East",
    }
    department = admin.post("/api/units", {**unit, "parent_id": town.unit("east")})["id"]
    id_ = agent.post("/api/tickets", {"channel": "web", "kind": "complaint", "description": "慢"})[
        "id"
    ]
    agent.post(f"/api/tickets/{id_}/transfer", {"unit_id": department})
    number = agent.get(f"/api/tickets/{id_}")["ticket"]["number"]
    for login, sees in (("east.desk", True), ("west.desk", False)):
        hits = [hit for hit in ask(town, number, login)["hits"] if hit["kind"] == "ticket"]
        assert bool(hits) is sees


def test_an_address_with_more_levels_than_the_books_have(town: Office, city: City) -> None:
    one = household(city)
    for before in ("东海省临江市", "临江市"):
        [hit] = customers(ask(town, before + one.address_zh))
        assert hit["code"] == one.number


def test_a_centre_finds_its_own_customers(town: Office, city: City) -> None:
    centres = {area.code: area.centre for area in city.districts}
    for login, centre in (("east.desk", "east"), ("west.desk", "west")):
        for one in city.customers[::97]:
            hits = customers(ask(town, one.number, login))
            assert bool(hits) == (centres[one.district] == centre)


def test_who_sees_masks_finds_by_masks(town: Office, city: City) -> None:
    """A whole phone finds everybody whose mask is the same: no question tells the hidden digits."""
    one = household(city)
    phone = one.phone.removeprefix("+86")
    digits = [phone, phone[:3] + "0000" + phone[-4:], phone[:3] + "9876" + phone[-4:]]
    found = [ask(town, text, "supervisor", limit=50) for text in digits]
    assert one.number in [hit["code"] for hit in customers(found[0])]
    assert len({str([hit["id"] for hit in customers(each)]) for each in found}) == 1
    hit = next(hit for hit in customers(found[0]) if hit["code"] == one.number)
    assert hit["title_zh"].endswith("*")
    shown = [hit["subtitle_zh"], hit["subtitle_en"], *(each["value"] for each in hit["why"])]
    assert all(phone[3:7] not in each and one.address_zh != each for each in shown)
    for hidden in (one.name_zh, phone[:6], phone[-6:], one.address_zh, one.name_en or ""):
        hits = customers(ask(town, f"{hidden} {one.number}", "supervisor"))
        assert one.number not in [hit["code"] for hit in hits], hidden
    hits = customers(ask(town, f"{one.name_zh[0]} {one.number}", "supervisor"))
    assert [hit["code"] for hit in hits] == [one.number]


def test_nothing_is_found_for_signs_only(town: Office) -> None:
    assert ask(town, "—…%_'\\|") == {"hits": [], "more": []}
    assert ask(town, "%") == {"hits": [], "more": []}
    assert town.person("agent").http.get("/api/search", params={"q": "a\x00"}).status_code == 422


def test_a_shared_phone_finds_all_who_share_it(town: Office, city: City) -> None:
    with session_factory()() as session:
        ids = [new_id() for _ in range(3)]
        for place, id_ in enumerate(ids):
            session.add(
                Account(
                    org_id=ORG_ID,
                    id=id_,
                    number=f"88000{place}",
                    name_zh="何家",
                    importance="ordinary",
                )
            )
            session.flush()
            session.add(
                CustomerPhone(
                    org_id=ORG_ID, customer_id=id_, number="+8616477778888", verified=True
                )
            )
        session.flush()
        refresh(session, ORG_ID, ids)
        session.commit()
    hits = customers(ask(town, "164 7777 8888"))
    assert [hit["code"] for hit in hits] == ["880000", "880001", "880002"]
    assert hits[0]["why"][0]["value"] == "+8616477778888"


def test_a_line_tells_its_important_customers(town: Office, city: City) -> None:
    one = next(one for one in city.customers if one.importance != "ordinary")
    line = customers(ask(town, one.number))[0]["devices"]
    agent = town.person("agent")
    for device in line:
        page = agent.get(f"/api/nodes/{device['id']}")
        assert one.number in [each["number"] for each in page["important"]]
        assert page["customers"] >= page["important_count"] > 0
    feeder = agent.get(f"/api/nodes/{line[2]['id']}")
    assert [each["kind"] for each in feeder["above"]] == ["substation"]
    assert feeder["transformers"] > 1
    assert agent.http.get(f"/api/nodes/{new_id()}").status_code == 404

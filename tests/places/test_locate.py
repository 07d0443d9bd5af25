"""Places by number, words and pin over the API, and what is open near by."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from api.demo.city import City
from core.clock import now
from core.db import read_session, session_factory
from core.ids import new_id
from dispatch.directory.models import NetworkNode, Premise, ServicePoint
from dispatch.places import service
from dispatch.places.geocoding import Found
from dispatch.places.service import Asked
from dispatch.starter import ORG_ID
from gps.fix import distance_m
from tests.office import NEEDS, Office
from tests.people import Refused


def locate(town: Office, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = town.person("agent").get("/api/locate", **asked)
    return found


def near(town: Office, **told: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = town.person("agent").get("/api/duplicates", **told)
    return found


def filed(town: Office, **changes: Any) -> dict[str, Any]:
    ticket = town.person("agent").post(
        "/api/tickets",
        {
            "channel": "web",
            "description": "没电",
            **({"customer_id": c} if (c := changes.pop("customer_id", None)) else {}),
        },
    )
    order: dict[str, Any] = town.person("agent").post(
        "/api/orders", {**NEEDS, "ticket_id": ticket["id"], **changes}
    )
    return order


def point_of(meter: str) -> tuple[ServicePoint, Premise]:
    with read_session() as session:
        query = (
            select(ServicePoint, Premise)
            .join(Premise, Premise.id == ServicePoint.premise_id)
            .where(ServicePoint.meter == meter)
        )
        row = session.execute(query).one()
        return row[0], row[1]


@pytest.mark.parametrize("by", ["meter", "number"])
def test_a_number_leads_to_its_premise(town: Office, city: City, by: str) -> None:
    wanted = city.customers[7]
    [found] = locate(town, q=getattr(wanted, by))
    assert (found["lat"], found["lon"]) == wanted.at
    assert found["source"] == "meter"
    assert found["label_zh"] == wanted.address_zh
    assert found["region"]["code"] == wanted.district
    assert found["premise_id"] == str(point_of(wanted.meter)[1].id)
    [same] = locate(town, meter=wanted.meter)
    assert (same["lat"], same["lon"]) == wanted.at


def test_an_address_leads_to_its_premise(town: Office, city: City) -> None:
    wanted = next(one for one in city.customers[600:] if one.kind == "household")
    for text in (wanted.address_zh, wanted.address_zh[3:], "临江市" + wanted.address_zh):
        first = locate(town, q=text)[0]
        assert (first["source"], first["label_zh"]) == ("premise", wanted.address_zh), text
        assert (first["lat"], first["lon"]) == wanted.at
        assert first["uncertainty_m"] < 100


def test_a_premise_by_its_id(town: Office, city: City) -> None:
    _, premise = point_of(city.customers[3].meter)
    [found] = locate(town, premise=str(premise.id))
    assert (found["lat"], found["source"]) == (premise.lat, "premise")
    with pytest.raises(Refused) as refused:
        locate(town, premise=str(new_id()))
    assert refused.value.problem["errors"][0]["field"] == "query.premise"


def test_a_pole_and_a_line_are_found_by_their_numbers(town: Office, city: City) -> None:
    pole = new_id()
    with session_factory()() as session:
        above = session.scalars(
            select(NetworkNode).where(NetworkNode.kind == "section").limit(1)
        ).one()
        session.add(
            NetworkNode(
                org_id=ORG_ID,
                id=pole,
                parent_id=above.id,
                kind="pole",
                code="G-0042",
                name_zh="42 号杆",
                name_en="Pole 42",
                lat=39.91,
                lon=116.41,
            )
        )
        session.commit()
    [found] = locate(town, node="g-0042")
    assert (found["source"], found["node"], found["uncertainty_m"]) == ("pole", "G-0042", 20.0)
    feeder = city.feeders[0].code
    [line] = locate(town, q=feeder)
    assert line["source"] == "feeder"
    assert line["uncertainty_m"] >= 1000
    assert locate(town, node="nothing of the kind") == []


def test_a_street_is_cut_to_the_region_that_is_named(town: Office, city: City) -> None:
    street = max(city.streets, key=lambda one: len(one.line)).name_zh
    whole = next(one for one in locate(town, q=street) if one["source"] == "street")
    cut = [
        found[0]
        for one in city.districts
        if (found := locate(town, q=f"{one.name_zh}{street}12号"))
        and found[0]["source"] == "street"
    ]
    assert cut
    assert all(one["uncertainty_m"] <= whole["uncertainty_m"] + 0.1 for one in cut)
    assert all("门牌" in one["why_zh"] for one in cut)
    assert len({(one["lat"], one["lon"]) for one in cut}) == len(cut)


def test_a_region_alone_is_a_wide_circle(town: Office, city: City) -> None:
    [found] = locate(town, q=city.districts[0].name_zh)
    assert found["source"] == "region"
    assert found["region"]["code"] == city.districts[0].code
    assert found["uncertainty_m"] > 500


def test_a_pin_is_named_by_what_stands_beside_it(town: Office, city: City) -> None:
    device = next(one for one in city.devices if one.at and one.kind == "transformer")
    assert device.at is not None
    [found] = locate(town, lat=device.at[0] + 0.0001, lon=device.at[1])
    assert found["source"] == "map_pin"
    assert device.name_zh in found["label_zh"]


@pytest.mark.parametrize(
    "asked", [{}, {"q": "a", "meter": "b"}, {"lat": 39.9}, {"q": "x\x00y"}, {"lat": 91, "lon": 0}]
)
def test_one_question_at_a_time(town: Office, asked: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        locate(town, **asked)
    assert refused.value.status == 422


class Oracle:
    """A geocoder that always knows a place, and what it was asked."""

    name = "oracle"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def find(self, text: str) -> list[Found]:
        self.asked.append(text)
        return [Found(39.95, 116.45, 60.0, "某处")]


def test_the_geocoder_is_asked_only_where_nothing_better_is_known(town: Office, city: City) -> None:
    oracle = Oracle()
    known = service.locate(ORG_ID, Asked(text=city.customers[5].meter), oracle)
    assert [one.source for one in known] == ["meter"]
    assert oracle.asked == []
    street = city.streets[0].name_zh
    found = service.locate(ORG_ID, Asked(text=street), oracle)
    assert oracle.asked == [street]
    assert found[0].source == "geocoder"
    assert "street" in {one.source for one in found}


def test_an_order_is_filed_by_meter_alone(town: Office, city: City) -> None:
    wanted = city.customers[11]
    order = filed(town, lat=None, lon=None, meter=wanted.meter, area_class=wanted.area_class)
    assert (order["lat"], order["lon"]) == wanted.at
    assert order["place_source"] == "meter"
    assert order["uncertainty_m"] >= 40
    with pytest.raises(Refused) as refused:
        filed(town, meter="no such meter")
    assert refused.value.problem["errors"][0]["field"] == "body.meter"


def test_a_neighbour_is_proposed_with_reasons_and_a_stranger_is_not(town: Office) -> None:
    here, far = (39.8811, 116.3011), (39.8211, 116.2011)
    known = filed(town, lat=here[0], lon=here[1], fault_code="no_power_building")
    filed(town, lat=far[0], lon=far[1])
    found = near(town, lat=here[0] + 0.0009, lon=here[1], fault_code="no_power_area")
    assert [one["number"] for one in found] == [known["number"]]
    codes = {one["code"] for one in found[0]["reasons"]}
    assert codes == {"near", "recent", "fault_class"}
    assert found[0]["distance_m"] == pytest.approx(100, abs=2)
    assert 0.25 <= found[0]["score"] <= 1
    assert near(town, lat=here[0] + 0.05, lon=here[1]) == []


def test_long_ago_is_another_fault(town: Office) -> None:
    known = filed(town, lat=39.8611, lon=116.2811)
    later = (now() + timedelta(hours=13)).isoformat()
    assert near(town, lat=39.8611, lon=116.2811)[0]["number"] == known["number"]
    assert near(town, lat=39.8611, lon=116.2811, at=later) == []


def test_the_same_transformer_is_found_without_a_point(town: Office, city: City) -> None:
    by_node: dict[str, list[Any]] = {}
    for one in city.customers:
        by_node.setdefault(one.transformer, []).append(one)
    first, second = next(group for group in by_node.values() if len(group) > 1)[:2]
    one, _ = point_of(first.meter)
    other, _ = point_of(second.meter)
    known = filed(town, customer_id=str(one.customer_id), lat=None, lon=None)
    found = near(town, customer_id=str(other.customer_id))
    match = next(each for each in found if each["number"] == known["number"])
    assert "transformer" in {each["code"] for each in match["reasons"]}


def test_a_ticket_that_nobody_made_an_order_of_is_proposed_too(town: Office, city: City) -> None:
    quiet = city.customers[-5]
    point, premise = point_of(quiet.meter)
    with session_factory()() as session:  # far from what other tests filed
        session.execute(
            update(Premise).where(Premise.id == premise.id).values(lat=39.7011, lon=116.0011)
        )
        session.commit()
    body = {"channel": "web", "customer_id": str(point.customer_id)}
    ticket = town.person("agent").post("/api/tickets", body)
    found = near(town, lat=39.7012, lon=116.0011)
    assert ("ticket", ticket["id"]) in {(one["kind"], one["ticket_id"]) for one in found}
    assert UUID(ticket["id"])


def test_real_districts_hold_the_addresses_that_name_them(shared: Any) -> None:
    """The gazetteer on real outlines: an address that names a district lies in it."""
    import csv
    import gzip
    import json

    from dispatch.places.gazetteer import gazetteer, named_in

    folder = shared / "data" / "beijing_divisions"
    outlines = json.loads((folder / "districts_wgs84.geojson").read_text(encoding="utf-8"))
    regions = []
    for feature in outlines["features"]:
        said = feature["properties"]
        name = next(str(v) for v in said.values() if isinstance(v, str) and v.endswith("区"))
        regions.append((new_id(), "", name, name, feature["geometry"]))
    book = gazetteer({}, regions)
    assert len(book.regions) >= 16
    for one in book.regions:
        [found] = named_in(f"北京市{one.name_zh}某某路12号", book)
        assert found.source == "region"
        assert found.region_id == one.id
        assert found.uncertainty_m < 60_000
    addresses = shared / "data" / "chinese_addresses" / "dev_train.csv.gz"
    with gzip.open(addresses, "rt", encoding="utf-8") as lines:
        texts = [" ".join(row) for row in csv.reader(lines)][:3000]
    for text in texts:  # whatever people write, it is an answer and no crash
        for found in named_in(text, book):
            assert distance_m(found.lat, found.lon, 40.0, 116.4) < 200_000

"""Reviews of breaches and the queue of anomalies, through the API."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from api.verify import verify
from core.clock import now
from core.db import read_session
from sla import service as sla
from tests.acts import Acts
from tests.office import Office

CREW = "east.crew1"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


@pytest.fixture(autouse=True)
def tidy(office: Office) -> Iterator[None]:
    yield
    Acts(1).put_all_away()


@contextmanager
def later(minutes: float) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.uow.clock_now", lambda: now() + timedelta(minutes=minutes))
        yield


def sound(office: Office) -> list[str]:
    with read_session() as session:
        return list(verify(session, 1))


def tap(office: Office, row: dict[str, Any], act: str, at: datetime | None = None) -> Any:
    body = {"at": at.isoformat()} if at else {}
    return office.person(CREW).post(f"/api/assignments/{row['assignment']['id']}/{act}", body)


def page(office: Office, row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = office.person("supervisor").get(f"/api/orders/{row['id']}")
    return found


def late_order(office: Office) -> dict[str, Any]:
    """An order whose crew accepted at once and has not departed for 50 minutes."""
    row = office.sent("east-1")
    tap(office, row, "accept")
    with later(50):
        while "FG" not in {one["code"] for one in page(office, row)["order"]["alerts"]}:
            sla.sweep(now() + timedelta(minutes=50))
        office.turn()
    return row


def reviews(office: Office, row: dict[str, Any], who: str = "supervisor") -> dict[str, Any]:
    listed = office.person(who).get(
        "/api/reviews", order_id=row["id"], to=(now() + timedelta(days=1)).isoformat()
    )
    return {one["code"]: one for one in listed["rows"]}


def refused(office: Office, who: str, path: str, body: Any) -> tuple[int, str]:
    answer: httpx.Response = office.person(who).try_post(path, body, str(uuid.uuid4()))
    return answer.status_code, answer.json()["code"]


def test_a_breach_is_reviewed_appealed_and_ruled_and_both_figures_stay(office: Office) -> None:
    row = late_order(office)
    found = reviews(office, row)
    crew = office.unit("east-1")
    assert (found["FG"]["party"], found["FG"]["unit"], found["FG"]["cause"]) == ("crew", crew, "FG")
    assert (found["AH"]["party"], found["AH"]["unit"], found["AH"]["cause"]) == ("crew", crew, "FG")
    path = f"/api/reviews/{found['FG']['id']}"
    appeal = {"reason": "traffic", "words": "地库出口被占，打 13912345678 无人应"}
    assert refused(office, "west.desk", f"{path}/appeal", appeal)[0] == 404
    assert refused(office, CREW, f"{path}/appeal", appeal) == (403, "forbidden")
    desk = office.person("east.desk")
    assert desk.post(f"{path}/appeal", appeal)["review"]["state"] == "appealed"
    answer = desk.http.post(
        f"{path}/attachments",
        files={"file": ("门口.png", PNG, "image/png")},
        headers={"Idempotency-Key": str(uuid.uuid4())},
    )
    assert answer.status_code == 201, answer.text
    (file,) = answer.json()["review"]["attachments"]
    supervisor = office.person("supervisor")
    assert supervisor.http.get(f"{path}/attachments/{file['id']}").content == PNG
    with later(50):
        tap(office, row, "depart")
    seen = supervisor.get(path)
    assert "13912345678" not in str(seen["review"])
    assert seen["review"]["over_s"] > 40 * 60

    empty = {"ruling": "waived", "words": "属实"}
    assert refused(office, "supervisor", f"{path}/rule", empty) == (422, "invalid_field")
    ruled = supervisor.post(f"{path}/rule", {**empty, "waived_s": 1200})["review"]
    assert ruled["adjusted_over_s"] == pytest.approx(ruled["over_s"] - 1200)
    assert refused(office, "east.desk", f"{path}/appeal", appeal) == (409, "review_settled")
    moved = supervisor.post(
        f"{path}/rule",
        {
            "ruling": "reattributed",
            "words": "中心派错",
            "party": "centre",
            "unit": office.unit("east"),
        },
    )["review"]
    assert (moved["ruled_party"], moved["ruled_unit"], moved["party"]) == (
        "centre",
        office.unit("east"),
        "crew",
    )
    assert sound(office) == []


def test_a_recall_takes_no_breach_back(office: Office) -> None:
    """The crew did not accept in time: it stays late after the centre took the order back."""
    row = office.sent("east-1")
    acts = Acts(1)
    for receipt in acts.receipts(uuid.UUID(row["id"])):
        acts.confirm(receipt)
    with later(10):
        while "EF" not in {one["code"] for one in page(office, row)["order"]["alerts"]}:
            sla.sweep(now() + timedelta(minutes=10))
        office.turn()
        recalled = f"/api/assignments/{row['assignment']['id']}/recall"
        office.person("east.desk").post(recalled, {"reason": "crew_unavailable"})
        office.turn()
    found = reviews(office, row)["EF"]
    assert (found["unit"], found["withdrawn_at"]) == (office.unit("east-1"), None)
    assert found["over_s"] > 7 * 60
    assert sound(office) == []


def test_a_withdrawn_breach_withdraws_its_review_and_both_facts_stay(office: Office) -> None:
    row = late_order(office)
    departed = datetime.fromisoformat(page(office, row)["order"]["points"]["F"]) + timedelta(
        seconds=30
    )
    with later(50):
        tap(office, row, "depart", departed)
        office.turn()
    found = reviews(office, row)["FG"]
    assert found["withdrawn_at"] is not None
    assert found["adjusted_over_s"] == 0
    history = [one["type"] for one in page(office, row)["history"]]
    assert history.count("review.opened") >= 1
    assert history.count("review.withdrawn") == 1
    rule = {"ruling": "upheld", "words": "属实"}
    assert refused(office, "supervisor", f"/api/reviews/{found['id']}/rule", rule) == (
        409,
        "review_withdrawn",
    )
    assert sound(office) == []


def test_the_list_is_filtered_and_bounded_to_the_centre(office: Office) -> None:
    row = late_order(office)
    end = (now() + timedelta(hours=1)).isoformat()
    supervisor = office.person("supervisor")
    every = supervisor.get("/api/reviews", to=end)
    assert every["counts"]["open"] >= 1
    mine = supervisor.get("/api/reviews", to=end, unit=office.unit("east-1"), code="FG")
    assert {one["code"] for one in mine["rows"]} == {"FG"}
    assert row["id"] in {one["order_id"] for one in mine["rows"]}
    other = office.person("west.desk").get("/api/reviews", to=end)
    assert row["id"] not in {one["order_id"] for one in other["rows"]}
    assert supervisor.get("/api/reviews", to=end, unit=office.unit("west"))["rows"] == []
    running = supervisor.get("/api/reviews", to=end, state="running")
    assert row["id"] in {one["order_id"] for one in running["rows"]}


def queue(office: Office, row: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    listed = office.person("supervisor").get("/api/anomalies")
    return {(one["kind"], one["code"]): one for one in listed if one["order_id"] == row["id"]}


def test_a_clock_that_is_wrong_is_an_anomaly_until_it_is_corrected(office: Office) -> None:
    row = office.sent("east-1")
    begun, ahead = now(), now() + timedelta(minutes=20)
    tap(office, row, "accept", ahead)
    odd = queue(office, row)
    least, most = ahead - now(), ahead - begun
    assert least.total_seconds() - 1 < odd["ahead", "F"]["amount_s"] < most.total_seconds() + 1
    tap(office, row, "depart")
    odd = queue(office, row)
    assert ("negative", "FG") in odd
    states = {one["code"]: one for one in page(office, row)["segments"]}
    assert (states["FG"]["state"], states["FG"]["marks"]) == ("anomaly", ["negative"])
    assert states["FG"]["spent_s"] < -1000
    body = {"point": "F", "at": now().isoformat(), "reason": "device_clock"}
    tapped = datetime.fromisoformat(page(office, row)["order"]["points"]["G"])
    body["at"] = (tapped - timedelta(seconds=1)).isoformat()
    office.person("supervisor").post(f"/api/orders/{row['id']}/stamps", body)
    assert queue(office, row) == {}
    states = {one["code"]: one["state"] for one in page(office, row)["segments"]}
    assert states["FG"] == "done"
    types = [one["type"] for one in page(office, row)["history"]]
    assert types.count("sla.anomaly_opened") == types.count("sla.anomaly_resolved") >= 2
    assert sound(office) == []


def test_what_stays_so_is_explained_and_leaves_the_queue(office: Office) -> None:
    row = office.sent("east-1")
    tap(
        office,
        row,
        "accept",
        datetime.fromisoformat(row["assignment"]["sent_at"]) - timedelta(minutes=5),
    )
    found = queue(office, row)["before_sent", "F"]
    path = f"/api/anomalies/{found['id']}/explain"
    assert refused(office, "lead", path, {"reason": "device_clock"}) == (403, "forbidden")
    left = office.person("supervisor").post(path, {"reason": "device_clock", "words": "平板时钟慢"})
    assert found["id"] not in {one["id"] for one in left}
    tap(office, row, "depart")
    assert ("before_sent", "F") not in queue(office, row)
    assert sound(office) == []


def test_the_segment_report_tells_raw_and_adjusted_side_by_side(office: Office) -> None:
    row = late_order(office)
    with later(50):
        tap(office, row, "depart")
    supervisor = office.person("supervisor")
    period = {"from": (now() - timedelta(hours=1)).isoformat()}
    period["to"] = (now() + timedelta(hours=1)).isoformat()

    def line(by: str) -> dict[str, Any]:
        report = supervisor.get("/api/reports/segments", by=by, **period)
        key = {"crew": office.unit("east-1"), "segment": ""}[by]
        (found,) = [one for one in report["lines"] if (one["key"], one["code"]) == (key, "FG")]
        return dict(found)

    before = line("segment")
    assert before["adjusted_share"] == before["share"]
    path = f"/api/reviews/{reviews(office, row)['FG']['id']}/rule"
    supervisor.post(path, {"ruling": "waived", "words": "属实", "waived_s": 3600})
    after = line("segment")
    assert (after["share"], after["within"]) == (before["share"], before["within"])
    assert after["adjusted_share"] > after["share"]
    assert after["ruled"] == before["ruled"] + 1
    moved = {
        "ruling": "reattributed",
        "words": "派错",
        "party": "centre",
        "unit": office.unit("east"),
    }
    supervisor.post(path, moved)
    crew = line("crew")
    assert crew["adjusted_share"] is None or crew["adjusted_share"] > crew["share"]
    assert line("segment")["adjusted_share"] == before["adjusted_share"]

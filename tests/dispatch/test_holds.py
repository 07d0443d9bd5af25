"""Holds: asked for, approved, refused, ended by a word, by the cap, or because the work went on."""

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
from core.rights import Role
from dispatch.holds.rules import HoldState, may_decide, most_s
from sla import service as sla
from sla.policy import Name, Pause
from tests.acts import Acts
from tests.office import Office

CREW = "east.crew1"


@pytest.fixture(autouse=True)
def tidy(office: Office) -> Iterator[None]:
    yield
    Acts(1).put_all_away()


@contextmanager
def later(minutes: float) -> Iterator[None]:
    """What is received here is received so much later."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.uow.clock_now", lambda: now() + timedelta(minutes=minutes))
        yield


def page(office: Office, row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = office.person("supervisor").get(f"/api/orders/{row['id']}")
    return found


def on_the_way(office: Office) -> dict[str, Any]:
    """An order with whose crew departed a moment ago."""
    row = office.sent("east-1")
    crew = office.person(CREW)
    path = f"/api/assignments/{row['assignment']['id']}"
    crew.post(f"{path}/accept")
    departed: dict[str, Any] = crew.post(f"{path}/depart", {})
    return departed


def act(office: Office, who: str, path: str, body: Any = None) -> httpx.Response:
    return office.person(who).try_post(path, body, str(uuid.uuid4()))


def asked(office: Office, row: dict[str, Any], **body: Any) -> dict[str, Any]:
    path = f"/api/assignments/{row['assignment']['id']}/hold"
    told = {"kind": "customer_unreachable", "words": "电话无人接听", **body}
    found: dict[str, Any] = office.person(CREW).post(path, told)
    return found


def due(row: dict[str, Any], code: str = "promise") -> datetime:
    return datetime.fromisoformat(row[code]["due_at"])


def sound(office: Office) -> bool:
    with read_session() as session:
        return not list(verify(session, 1))


def test_a_hold_counts_once_approved_and_no_more_once_refused(office: Office) -> None:
    row = on_the_way(office)
    before = due(row)
    row = asked(office, row)
    (hold,) = row["holds"]
    assert (hold["state"], hold["asked_role"], hold["kind"]) == (
        "requested",
        "crew",
        "customer_unreachable",
    )
    assert (due(row), row["running"]["segment"]) == (before, "GH")

    row = office.person("east.desk").post(f"/api/holds/{hold['id']}/approve")
    assert due(row) == before + timedelta(minutes=30)  # the cap, while nobody has ended it
    assert row["running"]["segment"] == "customer_unreachable"
    assert row["running"]["responsible"] == "customer"

    with later(10):
        row = office.person(CREW).post(f"/api/assignments/{row['assignment']['id']}/resume")
    lasted = datetime.fromisoformat(
        page(office, row)["holds"][0]["ended_at"]
    ) - datetime.fromisoformat(hold["begun_at"])
    assert timedelta(minutes=10) <= lasted < timedelta(minutes=20)
    assert due(row) == before + lasted

    row = office.person("lead").post(
        f"/api/holds/{hold['id']}/refuse", {"reason": "no_evidence", "words": "未提供通话记录"}
    )
    assert due(row) == before
    assert row["holds"] == []
    (kept,) = page(office, row)["holds"]
    assert (kept["state"], kept["reason"], kept["how"]) == ("refused", "no_evidence", "crew")
    assert sound(office)


def test_only_somebody_above_decides_and_only_once(office: Office) -> None:
    row = office.released("east")
    body = {"kind": "unsafe_weather", "words": "雷暴"}
    row = office.person("east.desk").post(f"/api/orders/{row['id']}/holds", body)
    path = f"/api/holds/{row['holds'][0]['id']}"
    for who in ("east.desk", "east.desk2"):
        answer = act(office, who, f"{path}/approve")
        assert (answer.status_code, answer.json()["code"]) == (403, "not_above")
    assert act(office, "west.desk", f"{path}/approve").status_code == 404
    assert act(office, "lead", f"{path}/approve").status_code == 200
    second = act(office, "supervisor", f"{path}/approve")
    assert second.json()["code"] == "already_done"
    again = act(office, "east.desk", f"/api/orders/{row['id']}/holds", body)
    assert (again.status_code, again.json()["code"]) == (409, "hold_open")
    assert act(office, "east.desk", f"{path}/end").status_code == 200
    assert act(office, "east.desk", f"{path}/end").json()["code"] == "no_hold"


def test_a_kind_that_the_policy_does_not_know_is_refused_by_name(office: Office) -> None:
    row = on_the_way(office)
    answer = act(
        office, CREW, f"/api/assignments/{row['assignment']['id']}/hold", {"kind": "tired"}
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body.kind"


def test_a_hold_over_its_cap_ends_by_itself_and_an_earlier_tap_still_counts(
    office: Office,
) -> None:
    row = on_the_way(office)
    row = asked(office, row)
    hold = row["holds"][0]
    row = office.person("east.desk").post(f"/api/holds/{hold['id']}/approve")
    moved = due(row)
    with pytest.MonkeyPatch.context() as patch:
        ahead = timedelta(minutes=31)
        patch.setattr("core.uow.clock_now", lambda: now() + ahead)
        patch.setattr("core.outbox.real_now", lambda: now() + ahead)
        office.turn()
    (ended,) = page(office, row)["holds"]
    assert (ended["how"], ended["ended_at"]) == ("cap", hold["cap_at"])
    assert due(page(office, row)["order"]) == moved

    tapped = datetime.fromisoformat(hold["begun_at"]) + timedelta(minutes=12)
    with later(40):
        row = office.person(CREW).post(
            f"/api/assignments/{row['assignment']['id']}/resume", {"at": tapped.isoformat()}
        )
    (ended,) = page(office, row)["holds"]
    assert (ended["how"], datetime.fromisoformat(ended["ended_at"])) == ("crew", tapped)
    assert due(row) == moved - timedelta(minutes=18)
    assert sound(office)


def test_whoever_arrives_is_not_held_any_more(office: Office) -> None:
    row = on_the_way(office)
    row = asked(office, row, kind="no_access")
    office.person(CREW).post(f"/api/assignments/{row['assignment']['id']}/arrive", {})
    (hold,) = page(office, row)["holds"]
    assert hold["how"] == "went_on"
    row = office.person("east.desk").post(f"/api/holds/{hold['id']}/approve")
    assert row["holds"] == []
    assert sound(office)


def test_a_recall_ends_the_hold(office: Office) -> None:
    row = asked(office, on_the_way(office))
    path = f"/api/assignments/{row['assignment']['id']}/recall"
    office.person("east.desk").post(path, {"reason": "other"})
    assert page(office, row)["holds"][0]["how"] == "over"


def test_a_late_approval_withdraws_the_breach_and_a_refusal_brings_it_back(
    office: Office,
) -> None:
    row = asked(office, on_the_way(office))
    hold = row["holds"][0]

    def breaches() -> set[str]:
        return {one["code"] for one in page(office, row)["order"]["alerts"]}

    with later(50):
        sla.sweep(now() + timedelta(minutes=50))
        assert {"GH", "AH"} <= breaches()
        office.person("east.desk").post(f"/api/holds/{hold['id']}/approve")
        assert breaches() & {"GH", "AH"} == set()
        office.person("lead").post(f"/api/holds/{hold['id']}/refuse", {"reason": "not_needed"})
        sla.sweep(now() + timedelta(minutes=50))
        assert {"GH", "AH"} <= breaches()
    assert sound(office)


def test_words_of_a_hold_are_masked_and_in_no_event(office: Office) -> None:
    row = asked(office, on_the_way(office), words="打 13912345678 无人接听")
    assert (
        "13912345678" in office.person("lead").get(f"/api/orders/{row['id']}")["holds"][0]["words"]
    )
    seen = page(office, row)
    assert "13912345678" not in str(seen)
    assert [one["type"] for one in seen["history"]].count("hold.requested") == 1


def test_holds_of_a_kind_add_up_to_no_more_than_the_policy_gives() -> None:
    pause = Pause(kind="x", name=Name(zh="某", en="x"), most_s=1800, most_total_s=3000)
    at = now()

    def hold(seconds: float, state: str = "approved") -> HoldState:
        return HoldState(
            id=uuid.uuid4(), order_id=uuid.uuid4(), kind="x", responsible="customer",
            asked_role="crew", state=state, asked_at=at, begun_at=at,
            ended_at=at + timedelta(seconds=seconds),
        )  # fmt: skip

    assert most_s(pause, []) == 1800
    assert most_s(pause, [hold(1800)]) == 1200
    assert most_s(pause, [hold(1800), hold(1200)]) == 0
    assert most_s(pause, [hold(1800, "refused")]) == 1800


def test_who_is_above_whom() -> None:
    assert may_decide(Role.DISPATCHER, "crew")
    assert not may_decide(Role.DISPATCHER, "dispatcher")
    assert not may_decide(Role.DISPATCHER, "agent")
    assert may_decide(Role.SHIFT_LEAD, "dispatcher")
    assert not may_decide(Role.SHIFT_LEAD, "shift_lead")
    assert may_decide(Role.SUPERVISOR, "shift_lead")
    assert not may_decide(Role.AGENT, "crew")

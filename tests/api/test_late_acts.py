"""Acts of a crew that come late: with the time of the tap, once each, judged by that time."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from api.verify import verify
from core.clock import now
from core.db import read_session
from dispatch.orders.taps import AHEAD
from sla import service as sla
from tests.acts import Acts
from tests.depth import examples
from tests.office import Office

CREW, LOGIN = "east-1", "east.crew1"
POINT_OF = {
    "accept": "F",
    "activate": "activated",
    "depart": "G",
    "arrive": "H",
    "restore": "restored",
    "finish": "recorded",
}
WHOLE = ("accept", "depart", "arrive", "restore", "finish")
LATE = timedelta(minutes=40)


@pytest.fixture(autouse=True)
def tidy(office: Office) -> Iterator[None]:
    yield
    Acts(1).put_all_away()


@contextmanager
def forty_minutes_later() -> Iterator[None]:
    """What is received here is received forty minutes later."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.uow.clock_now", lambda: now() + LATE)
        yield


def sent_at(row: dict[str, Any], minutes: float = 0) -> datetime:
    sent = datetime.fromisoformat(row["assignment"]["sent_at"])
    return sent + timedelta(minutes=minutes)


def tap(
    office: Office,
    row: dict[str, Any],
    act: str,
    at: datetime | None,
    key: str | None = None,
    **more: str,
) -> httpx.Response:
    body = {"at": at.isoformat() if at else None, **more}
    if act == "return":
        body["reason"] = "safety"
    path = f"/api/assignments/{row['assignment']['id']}/{act}"
    return office.person(LOGIN).try_post(path, body, key or str(uuid.uuid4()))


def page(office: Office, row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = office.person("supervisor").get(f"/api/orders/{row['id']}")
    return found


def stamps(office: Office, row: dict[str, Any], point: str) -> list[dict[str, Any]]:
    return [one for one in page(office, row)["stamps"] if one["point"] == point]


def alerts_of(office: Office, row: dict[str, Any]) -> set[str]:
    return {one["code"] for one in page(office, row)["order"]["alerts"]}


def test_each_act_keeps_the_time_of_its_tap(office: Office) -> None:
    row = office.sent(CREW)
    with forty_minutes_later():
        for minute, act in enumerate(WHOLE, start=1):
            answer = tap(office, row, act, sent_at(row, minute))
            assert answer.status_code == 200, answer.text
            (stamp,) = stamps(office, row, POINT_OF[act])
            assert datetime.fromisoformat(stamp["at"]) == sent_at(row, minute)
            received = datetime.fromisoformat(stamp["recorded_at"])
            assert received >= sent_at(row) + LATE
            assert stamp["source"] == "crew_offline"
    assert page(office, row)["order"]["state"] == "finished"


def test_a_late_return_and_a_late_start_keep_theirs(office: Office) -> None:
    front, behind = office.sent(CREW), office.sent(CREW)
    with forty_minutes_later():
        assert tap(office, front, "accept", sent_at(behind, 1)).status_code == 200
        assert tap(office, behind, "accept", sent_at(behind, 2)).status_code == 200
        assert tap(office, front, "return", sent_at(behind, 3)).status_code == 200
        assert tap(office, behind, "activate", sent_at(behind, 4)).status_code == 200
    (started,) = stamps(office, behind, "activated")
    assert datetime.fromisoformat(started["at"]) == sent_at(behind, 4)
    given_back = next(
        one for one in page(office, front)["history"] if one["type"] == "assignment.returned"
    )
    assert datetime.fromisoformat(given_back["at"]) == sent_at(behind, 3)


def test_a_tap_with_signal_is_the_crews_plain_word(office: Office) -> None:
    row = office.sent(CREW)
    assert tap(office, row, "accept", now()).status_code == 200
    assert tap(office, row, "depart", None).status_code == 200
    assert [stamps(office, row, point)[0]["source"] for point in "FG"] == ["crew", "crew"]


@pytest.mark.parametrize("act", ["accept", "depart", "arrive", "finish", "return"])
def test_a_time_that_cannot_be_true_is_kept_and_waits_for_a_correction(
    office: Office, act: str
) -> None:
    row = office.sent(CREW)
    for before in WHOLE[: WHOLE.index(act)] if act in WHOLE else ():
        assert tap(office, row, before, None).status_code == 200
    ahead = now() + AHEAD + timedelta(seconds=20)
    assert tap(office, row, act, ahead).status_code == 200
    if act == "return":  # it stamps no point: the moment in which it was received stands for it
        assert page(office, row)["order"]["state"] == "accepted"
        return
    (stamp,) = stamps(office, row, POINT_OF[act])
    assert datetime.fromisoformat(stamp["at"]) == ahead
    queue = office.person("supervisor").get("/api/anomalies")
    assert (row["id"], "ahead", POINT_OF[act]) in {
        (one["order_id"], one["kind"], one["code"]) for one in queue
    }


def test_a_phone_whose_clock_runs_ahead_a_little_is_taken_at_now(office: Office) -> None:
    row = office.sent(CREW)
    assert tap(office, row, "accept", now() + AHEAD / 2).status_code == 200
    (stamp,) = stamps(office, row, "F")
    assert stamp["at"] == stamp["recorded_at"]


def test_what_was_found_and_done_is_kept(office: Office) -> None:
    row = office.sent(CREW)
    for act in WHOLE[:-1]:
        tap(office, row, act, None)
    wrong = tap(office, row, "finish", None, found="gremlins")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "body.found")
    assert tap(office, row, "finish", None, found="fuse_blown", done="replaced").status_code == 200
    told = [one for one in page(office, row)["history"] if one["type"] == "assignment.finished"]
    assert [one["detail"] for one in told] == [{"found": "fuse_blown", "done": "replaced"}]


def test_a_late_acceptance_withdraws_breach_and_alarm_visibly(office: Office) -> None:
    crew = office.another(LOGIN)
    crew.follow("queue")
    row = office.sent(CREW)
    office.person("lead").follow()
    reached = office.person("lead").wait_order(row["id"], lambda one: one["points"]["E"])
    while not {"EF", "not_accepted_crew"} <= alerts_of(office, row):
        sla.sweep(now() + timedelta(minutes=10))  # leaves out what a receipt holds just now
    accepted = datetime.fromisoformat(reached["points"]["E"]) + timedelta(seconds=20)
    with forty_minutes_later():
        assert tap(office, row, "accept", accepted).status_code == 200
    after = page(office, row)
    assert not {"EF", "not_accepted_crew"} & alerts_of(office, row)
    withdrawn = {
        one["detail"]["code"] for one in after["history"] if one["type"] == "sla.withdrawn"
    }
    assert {"EF", "not_accepted_crew"} <= withdrawn
    (segment,) = [one for one in after["segments"] if one["code"] == "EF"]
    assert (segment["within"], round(segment["spent_s"])) == (True, 20)


def test_acts_on_a_recalled_order_are_told_who_recalled_it(office: Office) -> None:
    row = office.sent(CREW)
    path = f"/api/assignments/{row['assignment']['id']}/recall"
    office.person("east.desk").post(path, {"reason": "duplicate"})
    version = page(office, row)["order"]["version"]
    with forty_minutes_later():
        for act in (*WHOLE, "activate", "return"):
            answer = tap(office, row, act, sent_at(row))
            assert (answer.status_code, answer.json()["code"]) == (409, "recalled")
            assert row["number"] in answer.json()["detail"]
    assert page(office, row)["order"]["version"] == version


ARRIVALS = st.lists(st.sampled_from((*WHOLE, "activate", "return")), min_size=3, max_size=14)


@settings(
    max_examples=examples(6),
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(ARRIVALS)
def test_in_whatever_order_and_however_often_they_come(office: Office, acts: list[str]) -> None:
    """Each act has one key and one time. It is applied at most once, with that time, or refused
    with a reason; a repetition of what was applied gets the same answer."""
    row = office.sent(CREW)
    keys = {act: str(uuid.uuid4()) for act in acts}
    times = {act: sent_at(row, 1 + place) for place, act in enumerate(POINT_OF | {"return": ""})}
    applied: dict[str, dict[str, Any]] = {}
    with forty_minutes_later():
        for act in acts:
            answer = tap(office, row, act, times[act], keys[act])
            if act in applied:
                assert answer.status_code == 200
                assert answer.json() == applied[act]
            elif answer.status_code == 200:
                applied[act] = answer.json()
            else:
                assert answer.status_code == 409, answer.text
                assert answer.json()["detail"]
        found = page(office, row)["stamps"]
    for act, point in POINT_OF.items():
        mine = [datetime.fromisoformat(one["at"]) for one in found if one["point"] == point]
        if act in applied and act != "activate":
            assert mine == [times[act]], act
        elif act != "activate":  # an acceptance or a departure starts the work as well
            assert mine == [], act
        else:
            assert len(mine) <= 1
    with read_session() as session:
        assert list(verify(session, 1)) == []
    Acts(1).put_away(uuid.UUID(row["id"]))

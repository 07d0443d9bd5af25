"""Two people do the same thing at the same moment: one wins, the other is told who was first."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import func, select

from core.models import Event, Unit
from core.settings import settings
from dispatch.orders.models import Assignment, CentreHop
from tests.depth import examples
from tests.office import Office, query
from tests.people import Person

ROUNDS = examples(6)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as opened:
        yield opened


class Race:
    """Contenders for one act; each is a person, a path and a body, twice over."""

    def __init__(self, pool: ThreadPoolExecutor, *contenders: tuple[Person, str, Any]) -> None:
        gate = threading.Barrier(len(contenders))

        def run(one: tuple[Person, str, Any]) -> httpx.Response:
            person, path, body = one
            gate.wait()
            return person.try_post(path, body)

        answers = list(pool.map(run, contenders))
        won = [index for index, one in enumerate(answers) if one.status_code == 200]
        assert len(won) == 1, [one.text for one in answers]
        assert all(one.status_code == 409 for index, one in enumerate(answers) if index not in won)
        self.winner, self.path, self.body = contenders[won[0]]
        self.row: dict[str, Any] = answers[won[0]].json()
        self.problems = [one.json() for index, one in enumerate(answers) if index not in won]
        self.losers = [one for index, one in enumerate(contenders) if index not in won]

    def check_sentences(self, stream: str, id_: str, type_: str, words: tuple[str, str]) -> None:
        """The losers' sentences name who, when and to whom, in both languages."""
        event = last_event(stream, id_, type_)
        at = local_time(event.occurred_at)
        who = self.winner.me["user"]["name"]
        zh, en = whom(event)
        for problem in self.problems:
            assert problem["code"] == "already_done"
            assert problem["detail"] == f"{who} already {words[1]}{en} at {at}."
        person, path, body = self.losers[0]
        late = person.http.post(
            path, json=body, headers={"Accept-Language": "zh", "Idempotency-Key": f"zh-{at}-{id_}"}
        )
        assert late.status_code == 409
        assert late.json()["detail"] == f"{who} 已于 {at} {words[0]}{zh}。"
        assert late.headers["content-type"] == "application/problem+json"


def last_event(stream: str, id_: str, type_: str) -> Event:
    wanted = select(Event).where(Event.stream == stream, Event.stream_id == UUID(id_))
    found = query(lambda session: session.scalars(wanted.where(Event.type == type_)).all())
    assert len(found) == 1, "the fact is recorded once"
    return found[0]


def local_time(at: datetime) -> str:
    return at.astimezone(ZoneInfo(settings().timezone)).strftime("%H:%M:%S")


def whom(event: Event) -> tuple[str, str]:
    target = event.payload.get("crew_id") or event.payload.get("centre_id")
    if target is None:
        return "", ""
    unit = query(lambda session: session.get_one(Unit, (event.org_id, UUID(target))))
    return f"给{unit.name_zh}", f" to {unit.name_en}"


def count(model: Any, order_id: str) -> int:
    wanted = select(func.count()).select_from(model).where(model.order_id == UUID(order_id))
    return query(lambda session: session.scalars(wanted).one())


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_release_dispatch_and_accept(office: Office, pool: ThreadPoolExecutor, _round: int) -> None:
    order_id = office.filed()["id"]
    path = f"/api/orders/{order_id}"
    leads = [office.person("lead"), office.person("lead2")]
    targets = [{"centre_id": office.unit(code)} for code in ("east", "west")]

    release = Race(
        pool,
        *((lead, f"{path}/release", target) for lead in leads for target in targets),
    )
    assert count(CentreHop, order_id) == 1
    assert release.row["centre_id"] == release.body["centre_id"]
    release.check_sentences("order", order_id, "order.released", ("派发", "released it"))

    centre = "east" if release.body == targets[0] else "west"
    desks = [office.person(f"{centre}.desk"), office.person(f"{centre}.desk2")]
    accept = Race(pool, *((desk, f"{path}/accept", None) for desk in desks))
    accept.check_sentences("order", order_id, "order.centre_accepted", ("受理", "accepted it"))

    crews = [{"crew_id": office.unit(f"{centre}-{number}")} for number in (1, 2)]
    dispatch = Race(pool, *((desk, f"{path}/dispatch", crew) for desk in desks for crew in crews))
    assert count(Assignment, order_id) == 1
    assert dispatch.row["assignment"]["crew_id"] == dispatch.body["crew_id"]
    dispatch.check_sentences("order", order_id, "order.assigned", ("派单", "dispatched it"))


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_a_crews_two_phones_accept(office: Office, pool: ThreadPoolExecutor, _round: int) -> None:
    row = office.sent("east-1")
    assignment_id = row["assignment"]["id"]
    phones = [office.person("east.crew1"), office.person("east.crew1b")]
    path = f"/api/assignments/{assignment_id}/accept"
    race = Race(pool, *((phone, path, None) for phone in phones))
    race.check_sentences(
        "assignment", assignment_id, "assignment.accepted", ("受理", "accepted it")
    )
    office.person("east.desk").post(f"/api/assignments/{assignment_id}/recall", {"reason": "other"})


def test_accept_and_recall_at_the_same_moment(office: Office, pool: ThreadPoolExecutor) -> None:
    """Whichever is first: the other sees it, and the order is where the last one left it."""
    for _ in range(ROUNDS):
        row = office.sent("east-2")
        path = f"/api/assignments/{row['assignment']['id']}"
        gate = threading.Barrier(2)

        def run(person: Person, act: str, body: Any, path: str = path, gate: Any = gate) -> Any:
            gate.wait()
            return person.try_post(f"{path}/{act}", body)

        accept = pool.submit(run, office.person("east.crew2"), "accept", None)
        recall = pool.submit(run, office.person("east.desk"), "recall", {"reason": "other"})
        assert recall.result().status_code == 200, recall.result().text
        assert accept.result().status_code in (200, 409), accept.result().text
        if accept.result().status_code == 409:
            assert "recalled" in accept.result().json()["detail"]
        page = office.person("lead").get(f"/api/orders/{row['id']}")
        assert page["order"]["state"] == "accepted"
        assert page["order"]["assignment"] is None

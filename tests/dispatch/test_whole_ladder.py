"""An order that nobody accepts, through the doors: five steps, and what became of each attempt."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from api import jobs as rq_jobs
from api.verify import verify
from core import outbox
from core.db import read_session, session_factory
from dispatch.escalation import service as escalation
from dispatch.orders.models import Stamp
from dispatch.roster.models import Shift
from dispatch.starter import ORG_ID
from sla import service as sla
from tests.dispatch.notice_servers import robot
from tests.dispatch.test_notices import set_up
from tests.office import Office, query

LIMIT = timedelta(seconds=240)
MOMENT = timedelta(seconds=1)


@pytest.fixture
def everybody(office: Office) -> None:
    """A roster that says nothing: everybody counts as on duty."""
    with session_factory()() as session:
        session.execute(delete(Shift))
        session.commit()


def rang(office: Office) -> tuple[dict[str, Any], datetime]:
    """A released order whose alarm rings now, and when that is."""
    order = office.released()
    wanted = select(Stamp.at).where(Stamp.order_id == UUID(order["id"]), Stamp.point == "B")
    began = query(lambda session: session.scalars(wanted).one()) + LIMIT + MOMENT
    sla.sweep(began)
    return order, began


def served(at: datetime) -> None:
    """The steps that are due, and the workers' jobs of them; no gateway is set up."""
    escalation.sweep(at)

    def work(id_: UUID, org_id: int, name: str, body: dict[str, Any], correlation: str) -> None:
        rq_jobs.run_job(id_, org_id, name, body, correlation)

    outbox.hand_over_due_jobs(work)


def ladder_of(office: Office, order: dict[str, Any]) -> dict[str, Any] | None:
    """As a supervisor sees what nobody has ended yet."""
    running = office.person("supervisor").get("/api/escalations")["escalations"]
    mine = (one for one in running if (one["order_id"], one["occasion"]) == (order["id"], "alarm"))
    return next(mine, None)


def tried(ladder: dict[str, Any]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Of each step: for whom, whose text, each channel with what became of it."""
    return [
        (
            step["recipient"],
            {one["text_code"] for one in step["notices"]}.pop(),
            sorted((one["channel"], one["state"]) for one in step["notices"]),
        )
        for step in ladder["steps"]
    ]


SENDER = ("sender", "not_accepted.1", [("screen", "sent"), ("sound", "sent")])
RECEIVER = ("receiver", "not_accepted.2", [("voice", "unavailable")])
OUT = [("robot", "unavailable"), ("sms", "unavailable"), ("voice", "unavailable")]
LEADER_1 = ("leader_1", "not_accepted.3", OUT)
LEADER_2 = ("leader_2", "not_accepted.4", OUT)
SUPERVISOR = (
    "supervisor",
    "not_accepted.5",
    [
        ("mail", "unavailable"),
        ("robot", "unavailable"),
        ("screen", "sent"),
        ("sms", "unavailable"),
        ("sound", "sent"),
    ],
)


def test_five_steps_with_their_delays_each_attempt_recorded(
    office: Office, everybody: None
) -> None:
    order, began = rang(office)
    so_far = []
    for seconds, steps in (
        (0, [SENDER, RECEIVER]),
        (119, []),
        (120, [LEADER_1]),
        (239, []),
        (240, [LEADER_2]),
        (359, []),
        (360, [SUPERVISOR]),
        (3600, []),
    ):
        served(began + timedelta(seconds=seconds))
        so_far += steps
        ladder = ladder_of(office, order)
        assert ladder is not None
        assert tried(ladder) == so_far
    assert [step["unit_id"] for step in ladder["steps"]][:2] == [
        office.unit("hotline"),
        office.unit("east"),
    ]
    assert all(step["person"] for step in ladder["steps"][2:])
    assert len({step["person"] for step in ladder["steps"][2:]}) == 3
    with read_session() as session:
        assert [one for one in verify(session, ORG_ID) if "sla" in one] == []


def test_whoever_takes_note_in_the_middle_ends_it_for_those_above(
    office: Office, everybody: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, began = rang(office)
    with robot() as hook:
        set_up(monkeypatch, "robot", hook.url)
        served(began)
        served(began + timedelta(seconds=120))
        assert "请一号负责人处理" in hook.got[-1].decode("unicode_escape")
        ladder = ladder_of(office, order)
        assert ladder is not None
        assert dict(tried(ladder)[2][2])["robot"] == "sent"
        told = len(hook.got)
        desk = office.person("east.desk")
        desk.post(f"/api/alerts/{ladder['alert_id']}/acknowledge")
        for seconds in (240, 360, 3600):
            served(began + timedelta(seconds=seconds))
        assert len(hook.got) == told
    assert ladder_of(office, order) is None
    page = desk.get(f"/api/orders/{order['id']}")
    (ended,) = [one for one in page["escalations"] if one["occasion"] == "alarm"]
    assert (ended["cause"], ended["ended_by"]) == ("acknowledged", desk.me["user"]["name"])
    assert [one[0] for one in tried(ended)] == ["sender", "receiver", "leader_1"]

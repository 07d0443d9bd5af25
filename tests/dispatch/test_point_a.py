"""Point A is the carrier's word, whenever it comes; what is judged follows every stamp."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from rq import Queue
from sqlalchemy import select, text, update

from api import jobs
from api.verify import verify
from core import events as ev
from core import outbox
from core.clock import now
from core.db import read_session, session_factory
from core.identity import system_actor
from core.ids import new_id
from core.models import Event, Outbox
from core.rights import Scope
from core.uow import unit_of_work
from dashboards.order_page import order_page
from dispatch.escalation import service as escalation
from dispatch.notices.models import Notice
from dispatch.orders import crew_service, service
from dispatch.orders.models import Stamp
from dispatch.tickets.service import NewTicket, file_ticket
from sla import service as sla
from telephony import service as telephony
from telephony.rules import CarrierEvent
from tests.acts import Acts
from tests.office import query, turn


@pytest.fixture(scope="module")
def acts(module_organisation: int) -> Acts:
    return Acts(module_organisation)


@dataclass
class Call:
    """A caller's call; each method is one report of the carrier."""

    number: int
    began: datetime

    def report(self, status: str, at: datetime) -> UUID:
        return telephony.receive(
            CarrierEvent(
                kind="voice" if status == "ringing" else "status",
                carrier="test",
                carrier_call=f"CA{self.number}",
                direction="inbound",
                from_number="+8613800138000",
                to_number="+861095598",
                status=status,
                received_at=now(),
                dedup_key=f"{self.number}-{status}",
                carrier_at=None if status == "ringing" else at,
            )
        )

    def ring(self) -> UUID:
        return self.report("ringing", self.began)

    def end(self, at: datetime) -> UUID:
        return self.report("completed", at)


_CALLS = iter(range(1, 10_000))


def call(age: timedelta = timedelta(minutes=5)) -> Call:
    return Call(next(_CALLS), now().replace(microsecond=0) - age)


def page(order_id: UUID, at: datetime | None = None) -> dict[str, Any]:
    with read_session() as session:
        return order_page(session, 1, order_id, at or now())


def segment(order_id: UUID, code: str) -> dict[str, Any]:
    return next(one for one in page(order_id)["segments"] if one["code"] == code)


def point(order_id: UUID, name: str) -> datetime | None:
    found = page(order_id)["order"]["points"][name]
    return datetime.fromisoformat(found) if found else None


def alerts(order_id: UUID) -> dict[str, dict[str, Any]]:
    return {one["code"]: one for one in page(order_id)["order"]["alerts"]}


@pytest.mark.parametrize("filed", ["while talking", "after the call", "order while talking"])
def test_a_is_the_end_of_the_call(acts: Acts, filed: str) -> None:
    one = call()
    ended = one.began + timedelta(minutes=2)
    call_id = one.ring()
    if filed == "after the call":
        one.end(ended)
    ticket = acts.ticket(channel="phone", call_id=call_id)
    order_id = acts.file(ticket) if filed == "order while talking" else None
    if filed != "after the call":
        one.end(ended)
        turn()
    order_id = order_id or acts.file(ticket)
    assert point(order_id, "A") == ended
    (stamp,) = [one for one in page(order_id)["stamps"] if one["point"] == "A"]
    assert stamp["source"] == "carrier"


def test_without_a_call_a_is_the_moment_of_submission(acts: Acts) -> None:
    before = now()
    order_id = acts.file()
    at = point(order_id, "A")
    assert at is not None
    assert before <= at <= now()


def test_a_phone_ticket_without_its_call_runs_from_its_filing(acts: Acts) -> None:
    order_id = acts.file(acts.ticket(channel="phone"))
    acts.order_act("release", order_id)
    (stamp,) = [one for one in page(order_id)["stamps"] if one["point"] == "A"]
    assert (stamp["source"], stamp["evidence"]["ref"]) == ("agent", "filing")
    assert segment(order_id, "AB")["state"] != "unknown"
    sla.sweep(now() + timedelta(hours=2))
    assert "AH" in alerts(order_id), "nobody forgets an order that no call stands behind"


def test_no_a_is_lost_when_filing_and_hanging_up_meet(acts: Acts) -> None:
    for _ in range(15):
        one = call()
        call_id, ended = one.ring(), one.began + timedelta(minutes=1)
        gate = threading.Barrier(2)
        with ThreadPoolExecutor(2) as pool:
            ending = pool.submit(together(gate, end_and_tell), one, ended)
            filing = pool.submit(together(gate, file_in_call), acts, call_id)
            ending.result()
            order_id = filing.result()
        assert point(order_id, "A") == ended
        stamps = query(
            lambda session, id_=ticket_of(order_id): session.scalars(
                select(Stamp).where(Stamp.ticket_id == id_, Stamp.point == "A")
            ).all()
        )
        assert len(stamps) == 1


def test_the_call_does_not_end_between_filing_and_commit(acts: Acts) -> None:
    """The narrow moment: the ticket has been filed, but nobody else can see it yet."""
    one = call()
    call_id, ended = one.ring(), one.began + timedelta(minutes=1)
    with ThreadPoolExecutor(1) as pool:
        with unit_of_work(acts.by("agent")) as uow:
            new = NewTicket("fault_repair", "phone", call_id=call_id)
            ticket_id = file_ticket(uow, new)
            uow.flush()
            ending = pool.submit(end_and_tell, one, ended)
            while not ending.done() and not somebody_waits():
                pass
        ending.result()
    assert point(acts.file(ticket_id), "A") == ended


def somebody_waits() -> bool:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return bool(query(lambda session: session.scalar(waiting)))


def end_and_tell(one: Call, ended: datetime) -> None:
    """The subscriber runs at once, and not again: whoever files later must see the end."""
    one.end(ended)
    turn()


def ticket_of(order_id: UUID) -> UUID:
    return UUID(page(order_id)["ticket"]["id"])


def together(gate: threading.Barrier, act: Callable[..., Any]) -> Callable[..., Any]:
    def run(*arguments: Any) -> Any:
        gate.wait()
        return act(*arguments)

    return run


def file_in_call(acts: Acts, call_id: UUID) -> UUID:
    return acts.file(acts.ticket(channel="phone", call_id=call_id))


def test_released_while_talking_costs_the_hotline_nothing(acts: Acts) -> None:
    one = call()
    order_id = file_in_call(acts, one.ring())
    acts.order_act("release", order_id)
    found = segment(order_id, "AB")
    assert (found["spent_s"], found["within"]) == (0, True)
    assert "released_during_call" in found["marks"]
    ended = now().replace(microsecond=0) + timedelta(seconds=1)  # behind the release
    one.end(ended)
    turn()
    assert point(order_id, "A") == ended
    found = segment(order_id, "AB")
    assert (found["spent_s"], found["state"]) == (0, "done")
    assert "released_during_call" in found["marks"]


def test_the_carriers_late_word_overrules_released_while_talking(acts: Acts) -> None:
    """The caller had hung up three minutes before, and the carrier told it late."""
    one = call()
    order_id = file_in_call(acts, one.ring())
    acts.order_act("release", order_id)
    ended = now().replace(microsecond=0) - timedelta(minutes=3)
    one.end(ended)
    turn()
    found = segment(order_id, "AB")
    released = point(order_id, "B")
    assert found["spent_s"] == pytest.approx((released - ended).total_seconds())
    assert found["within"] is False
    assert "released_during_call" not in found["marks"]
    assert alerts(order_id)["AB"]["kind"] == "breach"


def test_a_correction_is_appended_and_all_is_judged_anew(acts: Acts) -> None:
    one = call(timedelta(minutes=30))
    order_id = file_in_call(acts, one.ring())
    one.end(one.began + timedelta(minutes=1))
    turn()
    acts.order_act("release", order_id)
    assert alerts(order_id)["AB"]["kind"] == "breach"
    true_end = now() - timedelta(seconds=20)
    with unit_of_work(acts.by("supervisor")) as uow:
        service.correct_stamp(
            uow, order_id, point="A", at=true_end, reason="carrier_clock", assignment_id=None
        )
    assert point(order_id, "A") == true_end
    first, second = (one for one in page(order_id)["stamps"] if one["point"] == "A")
    assert {first["counts"], second["counts"]} == {True, False}
    kept = first if second["counts"] else second
    assert kept["source"] == "carrier"
    corrected = second if second["counts"] else first
    assert (corrected["correction_reason"], corrected["by"]) == ("carrier_clock", "主管")
    assert segment(order_id, "AB")["within"] is True
    assert "AB" not in alerts(order_id)
    history = [one["type"] for one in page(order_id)["history"]]
    assert history.count("sla.withdrawn") == history.count("sla.breached") == 1


def test_not_accepted_after_four_minutes_is_shown_and_told(acts: Acts) -> None:
    order_id = acts.file()
    acts.order_act("release", order_id)
    released = point(order_id, "B")
    assert released is not None
    sla.sweep(released + timedelta(seconds=239))
    assert "not_accepted_centre" not in alerts(order_id)
    sla.sweep(released + timedelta(seconds=241))
    alarm = alerts(order_id)["not_accepted_centre"]
    assert (alarm["kind"], alarm["running"], alarm["acknowledged"]) == ("alarm", True, False)
    escalation.sweep(released + timedelta(seconds=241))
    told = notice_of(order_id)
    assert (told.channel, told.state) == ("voice", "unavailable")

    acts.order_act("dispatch", order_id)
    sent = point(order_id, "D")
    assert sent is not None
    sla.sweep(sent + timedelta(seconds=241))
    assert alerts(order_id)["not_accepted_crew"]["kind"] == "alarm"
    acts.put_away(order_id)


def notice_of(order_id: UUID) -> Notice:
    """The engine hands the job over to RQ, the worker does it."""
    wanted = select(Notice).where(Notice.case_id == order_id, Notice.channel == "voice")
    asked = query(lambda session: session.scalars(wanted).one())
    row = query(lambda session: session.get_one(Outbox, (1, asked.id)))
    assert (row.name, row.done_at, asked.state) == ("notice.send", None, "waiting")
    turn_at_the_deadline(row)
    job = Queue(jobs.URGENT, connection=jobs.connection()).fetch_job(str(row.id))
    assert job is not None
    for _ in range(2):  # a worker may get it twice
        job.func(*job.args)
    done = query(lambda session: session.get_one(Outbox, (1, row.id)))
    assert done.done_at is not None
    return query(lambda session: session.scalars(wanted).one())


def turn_at_the_deadline(row: Outbox) -> None:
    """The test's sweep was ahead of the clock, so the job is due in four minutes: now."""
    with session_factory()() as session:
        session.execute(update(Outbox).where(Outbox.id == row.id).values(due_at=now()))
        session.commit()
    outbox.hand_over_due_jobs(jobs.hand_over)


def test_a_late_stamp_withdraws_a_breach_for_all_to_see(acts: Acts) -> None:
    """The crew was without signal: the tap for departure arrives after the breach."""
    order_id, assignment_id = acts.sent("east-1")
    acts.crew_act("accept", assignment_id)
    accepted = point(order_id, "F")
    assert accepted is not None
    sla.sweep(accepted + timedelta(seconds=181))
    assert alerts(order_id)["FG"]["kind"] == "breach"
    with unit_of_work(acts.by("east.crew1"), now=accepted + timedelta(minutes=10)) as uow:
        mine = acts.access(Scope.CREW, "east-1")
        crew_service.depart(uow, assignment_id, mine, accepted + timedelta(seconds=60))
    assert "FG" not in alerts(order_id)
    assert segment(order_id, "FG")["within"] is True
    history = [one["type"] for one in page(order_id)["history"]]
    assert "sla.withdrawn" in history
    acts.put_away(order_id)


def test_taking_note_is_recorded_once_and_the_alert_stays(acts: Acts) -> None:
    order_id = acts.file()
    acts.order_act("release", order_id)
    sla.sweep(now() + timedelta(minutes=5))
    alert_id = UUID(alerts(order_id)["BC"]["id"])
    for login in ("supervisor", "lead"):
        with unit_of_work(acts.by(login)) as uow:
            sla.acknowledge(uow, alert_id, uow.now)
    shown = alerts(order_id)["BC"]
    assert (shown["acknowledged"], shown["running"]) == (True, True)
    wanted = select(Event).where(Event.stream_id == order_id, Event.type == "sla.acknowledged")
    (event,) = query(lambda session: session.scalars(wanted).all())
    assert event.actor_id == acts.by("supervisor").user_id
    acts.put_away(order_id)


def test_impossible_times_are_shown_as_anomalies(acts: Acts) -> None:
    order_id = acts.file()
    acts.order_act("release", order_id)
    with unit_of_work(acts.by("supervisor")) as uow:
        before_a = uow.now - timedelta(hours=1)
        service.correct_stamp(
            uow, order_id, point="B", at=before_a, reason="test", assignment_id=None
        )
    found = segment(order_id, "AB")
    assert found["state"] == "anomaly"
    assert found["within"] is None
    assert found["marks"]
    acts.put_away(order_id)


def test_gps_counts_before_the_crews_tap(acts: Acts) -> None:
    order_id, assignment_id = acts.sent("east-1")
    acts.crew_act("accept", assignment_id)
    acts.crew_act("depart", assignment_id)
    tapped = point(order_id, "G")
    left = now() - timedelta(seconds=45)
    with unit_of_work(system_actor(1, "gps")) as uow:
        fact = ev.VehicleDeparted(
            assignment_id=assignment_id, device_id=new_id(), lat=39.9, lon=116.4, uncertainty_s=5.0
        )
        crew_service.gps_departed(uow, fact, left, new_id())
    assert point(order_id, "G") == left != tapped
    stamps = [one for one in page(order_id)["stamps"] if one["point"] == "G"]
    assert {one["source"]: one["counts"] for one in stamps} == {"crew": False, "gps": True}
    acts.put_away(order_id)


def test_after_all_of_this_the_facts_hold_together(acts: Acts) -> None:
    with read_session() as session:
        assert list(verify(session, acts.org_id)) == []

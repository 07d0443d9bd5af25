"""A crew that does not take its order is told beside its screens: a short message, then calls.

The engine calls `sweep`: it looks at what is true now, so nothing goes out for an order that was
confirmed, accepted or recalled meanwhile. What the crew hears is decided when somebody picks up.
"""

from datetime import datetime, timedelta
from uuid import UUID

from core import events as ev
from core.db import read_session
from core.identity import EVERYTHING, system_actor
from core.uow import UnitOfWork, unit_of_work
from dispatch.orders import crew_service
from dispatch.orders import repository as orders
from dispatch.orders.models import Assignment, Order
from dispatch.orders.taps import Tap
from dispatch.orders.work import work_on_assignment
from dispatch.outbound import repository
from dispatch.outbound.models import CrewReach
from dispatch.outbound.repository import Unanswered
from dispatch.outbound.rules import Tried, first_step_s, next_step, rules, spoken
from dispatch.roster.duty import on_duty
from telephony import messages
from telephony.commands import URGENT, ask
from telephony.messages import NewMessage
from telephony.purposes import Leg
from telephony.script import Gather, HangUp, Say, Script, Step
from telephony.templates import catalogue

OFFER = "crew_offer"
"""Purpose of the calls; their subject is the assignment."""
VOICE = "voice"
"""Source of what a crew says by the keys of a telephone."""
SOURCE = "outbound"
USEFUL = timedelta(seconds=60)
KEY = "key"
ROUNDS = 3
ENDS = {"returned": "returned", "recalled": "recalled"}
TONGUES = {"zh-CN": "cmn-CN", "en": "en-US"}


def sweep(now: datetime) -> int:
    """Take the steps that are due; returns how many."""
    with read_session() as session:
        known = repository.reach_organisations(session)
        mine = [org_id for org_id in known if messages.set_up(session, org_id)]
    return sum(_of(org_id, now) for org_id in mine)


def _of(org_id: int, now: datetime) -> int:
    before = now - timedelta(seconds=first_step_s(rules().crew))
    with unit_of_work(system_actor(org_id, SOURCE), now=now) as uow:
        found = repository.unanswered(uow.session, org_id, before)
        return sum(_look(uow, one) for one in found)


def _look(uow: UnitOfWork, one: Unanswered) -> int:
    row = repository.reach_locked(uow.session, uow.org_id, one.assignment.id, uow.now)
    if row is None or row.ended_at is not None:
        return 0
    state = one.assignment.state
    if state != "sent":
        _end(uow, one, row, ENDS.get(state, "accepted"))
        return 1
    own, confirmed = rules().crew, one.receipt == "received"
    assert one.assignment.sent_at is not None
    age_s = (uow.now - one.assignment.sent_at).total_seconds()
    since_s = (uow.now - row.due_at).total_seconds() if row.calls else 0.0
    tried = Tried(row.message_id is not None, row.calls, since_s)
    step = next_step(own, age_s, tried, confirmed=confirmed)
    if confirmed and age_s < own.call_unaccepted_s:
        messages.withdraw(uow, OFFER, [one.assignment.id], "received")
    if step == "sms":
        _write(uow, one, row)
    elif step == "call":
        _call(uow, one, row)
    elif step == "give_up":
        _end(uow, one, row, "unreached")
    return step is not None


def _end(uow: UnitOfWork, one: Unanswered, row: CrewReach, outcome: str) -> None:
    row.ended_at, row.outcome = uow.now, outcome
    messages.withdraw(uow, OFFER, [row.assignment_id], outcome)
    if row.message_id is not None:
        messages.cancel(uow, [row.message_id], outcome)
    uow.emit(row.assignment_id, ev.ReachEnded(outcome=outcome), source=SOURCE)
    uow.touch("order", one.order.id)


def _numbers(uow: UnitOfWork, one: Unanswered) -> list[str]:
    """Numbers of those on duty in the crew, then its own."""
    if one.assignment.crew_id is None:
        return []
    duty = on_duty(uow.session, uow.org_id, one.assignment.crew_id, uow.now)
    found = [person.phone for person in duty.members] + [duty.phone]
    return list(dict.fromkeys(number for number in found if number))


def _write(uow: UnitOfWork, one: Unanswered, row: CrewReach) -> None:
    """A short message to the first number, where there is one."""
    numbers = _numbers(uow, one)
    if not numbers:
        return
    asked = NewMessage(
        template="crew_order",
        to_number=numbers[0],
        about="assignment",
        about_id=one.assignment.id,
        values={"number": one.order.number, "place": _place(uow, one.order)},
        key=f"crew:{one.assignment.id}",
        expires_in=timedelta(minutes=10),
    )
    row.message_id = messages.send(uow, asked)
    uow.touch("order", one.order.id)


def _call(uow: UnitOfWork, one: Unanswered, row: CrewReach) -> None:
    """Call the next one of the crew; where nobody has a number, the desk is told at once."""
    numbers = _numbers(uow, one)
    if not numbers:
        _end(uow, one, row, "unreached")
        return
    row.command_id = ask(
        uow,
        "place_call",
        purpose=OFFER,
        subject_id=one.assignment.id,
        to_number=numbers[row.calls % len(numbers)],
        from_number=messages.sender(uow.session, uow.org_id),
        params={"ring_s": rules().crew.ring_s, "detect_machine": True},
        priority=URGENT,
        expires_in=USEFUL,
    )
    row.calls += 1
    row.due_at = uow.now
    fact = ev.ReachCalled(call=row.calls, command_id=row.command_id)
    uow.emit(one.assignment.id, fact, source=SOURCE)
    uow.touch("order", one.order.id)


def _place(uow: UnitOfWork, order: Order, language: str = "zh-CN") -> str:
    place = orders.location(uow.session, uow.org_id, order.location_id)
    if place is None:
        return "-"
    words = place.place if language.startswith("zh") else place.place_en or place.place
    return words or "-"


def offer(uow: UnitOfWork, leg: Leg, step: Step) -> Script:
    """What a crew hears that is called for its order: the truth at this moment. See `Answerer`."""
    assignment = uow.session.get(Assignment, (uow.org_id, leg.subject_id))
    machine = (step.more or {}).get("AnsweredBy", "").startswith(("machine", "fax"))
    if assignment is None or machine:
        return (HangUp(),)
    _heard(uow, assignment, leg)
    if step.name.startswith(KEY) and step.digits == "1":
        _accept(uow, assignment.id, leg)
    elif step.name.startswith(KEY) and step.digits == "2":
        _give_back(uow, assignment.id)
    uow.session.refresh(assignment)
    return _script(uow, assignment, leg, step)


def _script(uow: UnitOfWork, assignment: Assignment, leg: Leg, step: Step) -> Script:
    order = uow.session.get_one(Order, (uow.org_id, assignment.order_id))
    language = messages.language_of(uow, leg.to_number) or catalogue().default_language
    values = {"number": spoken(order.number), "place": _place(uow, order, language)}
    if assignment.state != "sent":
        ends = {"returned": "crew_returned", "recalled": "crew_recalled"}
        return _say(ends.get(assignment.state, "crew_accepted"), language, values), HangUp()
    turn = _turn(step)
    if turn > ROUNDS:
        return _say("crew_no_key", language, values), HangUp()
    ask_for = _say("crew_offer", language, values)
    return (Gather(f"{KEY}{turn}", (ask_for,)),)


def _turn(step: Step) -> int:
    """Which time the crew is asked; to hear it again does not count."""
    if not step.name.startswith(KEY):
        return 1
    asked = int(step.name.removeprefix(KEY) or "1")
    return asked if step.digits == "3" else asked + 1


def _say(template: str, language: str, values: dict[str, str]) -> Say:
    book = catalogue()
    found = book.template(template)
    chosen, text = book.chosen(found, "voice", language)
    return Say(text.with_values(values), TONGUES.get(chosen, chosen))


def _heard(uow: UnitOfWork, assignment: Assignment, leg: Leg) -> None:
    row = repository.reach_row(uow.session, uow.org_id, assignment.id)
    if row is not None and row.heard_at is None:
        row.heard_at = uow.now
        uow.emit(assignment.id, ev.ReachHeard(leg_id=leg.leg_id), source=SOURCE)
        uow.touch("order", assignment.order_id)


def _accept(uow: UnitOfWork, assignment_id: UUID, leg: Leg) -> None:
    """Point F by a key, and E before it: who accepts has the order. Harmless a second time."""
    if not _awaited(uow, assignment_id):
        return
    receipt = repository.receipt_of(uow.session, uow.org_id, assignment_id)
    if receipt is not None:
        crew_service.confirm_receipt(uow, receipt, f"voice:{leg.leg_id}", uow.now, source=VOICE)
    with work_on_assignment(uow, assignment_id) as (work, assignment):
        crew_service.accepted(work, assignment, Tap(uow.now, VOICE))


def _awaited(uow: UnitOfWork, assignment_id: UUID) -> bool:
    """Whether nobody has answered for the order yet; it is locked from here on."""
    with work_on_assignment(uow, assignment_id) as (_, assignment):
        return assignment.state == "sent"


def _give_back(uow: UnitOfWork, assignment_id: UUID) -> None:
    """退单 by a key, while it is not accepted; harmless a second time."""
    if _awaited(uow, assignment_id):
        crew_service.return_to_centre(uow, assignment_id, rules().crew.return_reason, EVERYTHING)

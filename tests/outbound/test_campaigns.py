"""Notices to many: each number once, as long as nobody says stop."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier, Thread
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from api.verify import verify
from core.clock import real_now
from core.db import read_session, session_factory
from core.errors import InvalidField, NotFound, Unavailable
from core.identity import Actor
from core.models import Event
from core.uow import UnitOfWork, unit_of_work
from dashboards import campaigns as screens
from dispatch.orders.models import Order
from dispatch.outbound import campaigns, mailing
from dispatch.outbound.audience import Scope
from dispatch.outbound.campaign_models import Campaign, CampaignRecipient
from dispatch.outbound.campaigns import NewCampaign, WrongState
from telephony import dialling_repository as dialling
from telephony import message_repository, messages
from telephony.command_models import CarrierCommand
from telephony.message_models import Message
from telephony.templates import catalogue
from tests.acts import Acts
from tests.office import ORG_ID, query
from tests.outbound.carrier import account, commands, ends, work
from tests.outbound.town import Line, Person, lead, line, mobiles

NOON = datetime(2026, 3, 2, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
MIDNIGHT = datetime(2026, 3, 2, 23, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
_first = iter(range(0, 99_000_000, 1000))

pytestmark = pytest.mark.usefixtures("module_organisation")


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    account(monkeypatch)
    monkeypatch.setenv("PAIDAN_MESSAGES_PER_SECOND", "2")
    messages.settings.cache_clear()


def town(count: int, *more: Person) -> tuple[Line, list[str]]:
    """A new line with so many customers with a mobile number each, and others."""
    numbers = mobiles(count, next(_first))
    return line([*(Person((one,)) for one in numbers), *more]), numbers


def wanted(place: Line, **changes: object) -> NewCampaign:
    values = {"area": "景山", "time": "15:00"}
    given = {"template": "outage", "values": values, "scope": Scope("node", place.feeder)}
    given |= {"reason": "跳闸", "useful": timedelta(hours=4)} | changes
    return NewCampaign(**given)  # type: ignore[arg-type]


def by_lead(act: Callable[[UnitOfWork], Campaign], at: datetime = NOON) -> UUID:
    with unit_of_work(Actor(ORG_ID, "user", lead()), now=at) as uow:
        return act(uow).id


def drafted(new: NewCampaign, at: datetime = NOON) -> UUID:
    return by_lead(lambda uow: campaigns.draft(uow, new), at)


def does(campaign: UUID, act: str, at: datetime = NOON) -> UUID:
    return by_lead(lambda uow: campaigns.act(uow, campaign, act), at)


def started(new: NewCampaign, at: datetime = NOON) -> UUID:
    return does(drafted(new, at), "start", at)


def turns(campaign: UUID, at: datetime = NOON) -> None:
    """Turns of the worker until it has nothing more to do at once."""
    while mailing.turn(ORG_ID, campaign, at):
        pass


def dialled(campaign: UUID, state: str = "done", failure: str | None = None) -> int:
    """What the dialler may take of it is done; how many."""
    taken = [one for one in of(campaign) if one.state == "waiting" and not one.held]
    for one in taken:
        ends(one, state, failure)
    return len(taken)


def of(campaign: UUID) -> list[CarrierCommand]:
    mine = query(
        lambda s: set(s.scalars(select(Message.id).where(Message.campaign_id == campaign)))
    )
    return [one for one in commands() if one.subject_id in mine]


def row(campaign: UUID) -> Campaign:
    return query(lambda session: session.get_one(Campaign, (ORG_ID, campaign)))


def progress(campaign: UUID) -> dict[str, int]:
    with read_session() as session:
        found: dict[str, int] = screens.campaign(session, ORG_ID, campaign)["progress"]
    return found


def written_to(campaign: UUID) -> Counter[str]:
    numbers = select(Message.to_number).where(Message.campaign_id == campaign)
    return Counter(query(lambda session: session.scalars(numbers).all()))


def whole() -> bool:
    with session_factory()() as session:
        return not [one for one in verify(session, ORG_ID) if "campaign" in one or "messa" in one]


def test_everybody_on_the_line_gets_it_once_and_then_it_is_done() -> None:
    shared = mobiles(1, 98_000_000)[0]
    place, numbers = town(30, Person((shared,)), Person((shared,)), Person(("+8613999990000",)))
    campaign = started(wanted(place))
    for _ in range(9):
        turns(campaign)
        dialled(campaign)
    assert written_to(campaign) == Counter([*numbers, shared, "+8613999990000"])
    assert (row(campaign).state, row(campaign).recipients) == ("done", 32)
    assert progress(campaign) == {"accepted": 32}
    assert whole()


def test_few_wait_at_the_carriers_door_and_the_rest_in_rows() -> None:
    place, _ = town(60)
    campaign = started(wanted(place))
    turns(campaign)
    assert len(of(campaign)) == 20
    assert progress(campaign) == {"queued": 20, "waiting": 40}
    assert dialled(campaign) == 20
    turns(campaign)
    assert progress(campaign) == {"accepted": 20, "queued": 20, "waiting": 20}


def test_who_is_left_out_is_counted_and_named() -> None:
    place, numbers = town(
        3, Person(()), Person(("+861062345678",)), Person(("+861062345679", "+8613999990001"))
    )
    with work() as uow:
        messages.suppress(uow, numbers[0], ["notice"], "agent")
        message_repository.set_language(uow.session, ORG_ID, numbers[1], "en", uow.now)
    with read_session() as session:
        found = campaigns.preview(session, ORG_ID, wanted(place))
    assert (found.customers, found.recipients, found.numberless) == (6, 3, 1)
    assert found.excluded == {"stopped": 1, "landline": 1}
    assert found.by_language == {"zh-CN": 2, "en": 1}
    assert {one.language: "景山" in one.text for one in found.samples} == {
        "zh-CN": True,
        "en": True,
    }
    assert found.messages == 2 * 1 + 1 * 2, "the English text is sent as UCS-2 in two parts"
    campaign = started(wanted(place))
    turns(campaign)
    made = row(campaign)
    assert (made.recipients, made.excluded, made.numberless) == (3, 2, 1)
    with read_session() as session:
        page = screens.campaign(session, ORG_ID, campaign)
    assert {(one["state"], one["code"]) for one in page["failures"]} == {
        ("excluded", "stopped"),
        ("excluded", "landline"),
    }
    assert all("****" in one["number"] for one in page["failures"])


def test_what_the_preview_counts_is_what_goes_out() -> None:
    place, _ = town(700)
    with read_session() as session:
        found = campaigns.preview(session, ORG_ID, wanted(place))
    campaign = started(wanted(place))
    while row(campaign).written_at is None:
        mailing.turn(ORG_ID, campaign, NOON)
    assert row(campaign).recipients == found.recipients == 700


def test_important_customers_alone_and_first() -> None:
    place, numbers = town(25, Person(("+8613999990002",), "first"))
    only = started(wanted(place, scope=Scope("node", place.feeder, ("first", "second"))))
    turns(only)
    assert written_to(only) == Counter(["+8613999990002"])
    every = started(wanted(place))
    mailing.turn(ORG_ID, every, NOON)
    assert written_to(every)["+8613999990002"] == 1
    assert len(written_to(every)) < len(numbers)


def test_closed_accounts_get_none() -> None:
    place, numbers = town(1, Person(("+8613999990003",), account_state="closed"))
    campaign = started(wanted(place))
    turns(campaign)
    assert written_to(campaign) == Counter(numbers)


def test_an_order_concerns_who_reported_it_and_its_transformer(module_organisation: int) -> None:
    place, numbers = town(4)
    acts = Acts(module_organisation)
    caller = "13999990004"
    ticket = acts.ticket(caller_phone=caller, customer_id=place.customers[0])
    order = acts.file(ticket)
    mine = wanted(place, scope=Scope("order", order))
    alone = started(mine)
    turns(alone)
    assert written_to(alone) == Counter([f"+86{caller}", numbers[0]])
    with session_factory()() as session:
        session.execute(update(Order).where(Order.id == order).values(fault_code="no_power_area"))
        session.commit()
    area = started(mine)
    turns(area)
    assert written_to(area) == Counter([f"+86{caller}", *numbers])


def test_a_pause_holds_what_has_not_gone_out_and_a_resume_lets_it_go() -> None:
    place, numbers = town(40)
    campaign = started(wanted(place))
    turns(campaign)
    does(campaign, "pause")
    turns(campaign)
    assert dialled(campaign) == 0, "what waits may not be taken"
    with session_factory()() as session:
        later = real_now() + timedelta(hours=1)
        kinds, running = ["send_message"], list[UUID]()
        due = dialling.due(session, later, kinds=kinds, state="waiting", running=running, limit=99)
    assert not {one.id for one in due} & {one.id for one in of(campaign)}
    does(campaign, "resume")
    for _ in range(4):
        turns(campaign)
        dialled(campaign)
    turns(campaign)
    assert written_to(campaign) == Counter(numbers)
    assert row(campaign).state == "done"
    assert whole()


def test_what_comes_back_unsent_during_a_pause_stays_held() -> None:
    place, _ = town(1)
    campaign = started(wanted(place))
    turns(campaign)
    (command,) = of(campaign)
    with session_factory()() as session:
        session.merge(command).state = "sending"
        session.commit()
    does(campaign, "pause")
    with session_factory()() as session:
        session.merge(of(campaign)[0]).state = "waiting"
        session.commit()
    assert dialled(campaign) == 0


def test_a_cancel_ends_all_that_has_not_gone_out() -> None:
    place, _ = town(40)
    campaign = started(wanted(place))
    turns(campaign)
    for one in of(campaign)[:5]:
        ends(one, "done")
    does(campaign, "cancel")
    turns(campaign)
    assert progress(campaign) == {"accepted": 5, "cancelled": 35}
    assert {one.state for one in of(campaign)} == {"done", "cancelled"}
    assert row(campaign).settled_at is not None
    assert whole()


def test_what_was_being_sent_when_it_was_cancelled_is_not_sent_again() -> None:
    place, _ = town(1)
    campaign = started(wanted(place))
    turns(campaign)
    with session_factory()() as session:
        session.merge(of(campaign)[0]).state = "sending"
        session.commit()
    does(campaign, "cancel")
    turns(campaign)
    assert row(campaign).settled_at is None
    with session_factory()() as session:
        session.merge(of(campaign)[0]).state = "waiting"
        session.commit()
    turns(campaign)
    assert [one.state for one in of(campaign)] == ["cancelled"]
    assert row(campaign).settled_at is not None


def test_after_its_time_nothing_more_goes_out() -> None:
    place, _ = town(30)
    campaign = started(wanted(place))
    turns(campaign)
    late = NOON + timedelta(hours=5)
    turns(campaign, late)
    assert (row(campaign).state, row(campaign).code) == ("done", "expired")
    assert progress(campaign) == {"cancelled": 30}
    old = drafted(wanted(place))
    with pytest.raises(WrongState):
        does(old, "start", late)


def test_the_night_is_left_alone_and_warnings_are_not() -> None:
    place, _ = town(2)
    later = started(wanted(place, useful=timedelta(hours=20)), MIDNIGHT)
    turns(later, MIDNIGHT)
    assert progress(later) == {"waiting": 2}
    turns(later, MIDNIGHT + timedelta(hours=8))
    assert progress(later) == {"queued": 2}
    turns(later, MIDNIGHT + timedelta(minutes=5))
    assert dialled(later) == 0, "what waited when the night came is held"
    danger = started(wanted(place, template="danger", values={"area": "景山"}), MIDNIGHT)
    turns(danger, MIDNIGHT)
    assert progress(danger) == {"queued": 2}


def test_what_the_night_holds_back_says_until_when(monkeypatch: pytest.MonkeyPatch) -> None:
    place, _ = town(1)
    draft = drafted(wanted(place))
    later = started(wanted(place, useful=timedelta(hours=20)), MIDNIGHT)
    danger = started(wanted(place, template="danger", values={"area": "景山"}), MIDNIGHT)

    def held_until(campaign: UUID, at: datetime) -> datetime | None:
        monkeypatch.setattr(screens, "now", lambda: at)
        found = query(lambda session: screens.campaign(session, ORG_ID, campaign))
        until: datetime | None = found["quiet_until"]
        return until

    assert held_until(later, MIDNIGHT) == MIDNIGHT + timedelta(hours=7, minutes=30)
    assert held_until(later, NOON) is None
    assert held_until(danger, MIDNIGHT) is None
    assert held_until(draft, MIDNIGHT) is None
    does(later, "pause", MIDNIGHT)
    assert held_until(later, MIDNIGHT) is None


def test_who_says_stop_meanwhile_gets_no_more() -> None:
    place, numbers = town(30)
    campaign = started(wanted(place))
    turns(campaign)
    with work() as uow:
        messages.suppress(uow, numbers[0], ["notice"], "agent")
        messages.suppress(uow, numbers[29], ["notice"], "agent")
    dialled(campaign)
    turns(campaign)
    dialled(campaign)
    turns(campaign)
    assert progress(campaign) == {"accepted": 28, "cancelled": 1, "refused": 1}


@pytest.mark.parametrize(
    ("acts", "refused"),
    [(["pause"], True), (["resume"], True), (["start", "start"], False),
     (["start", "pause", "pause", "resume", "cancel", "cancel"], False),
     (["cancel", "start"], True), (["start", "pause", "start"], True)],
)  # fmt: skip
def test_an_act_that_does_not_fit_is_refused_and_a_second_one_is_harmless(
    acts: list[str], *, refused: bool
) -> None:
    place, _ = town(0)
    campaign = drafted(wanted(place))
    for act in acts[:-1]:
        does(campaign, act)
    if refused:
        with pytest.raises(WrongState):
            does(campaign, acts[-1])
    else:
        does(campaign, acts[-1])


def test_bad_wishes_are_refused_by_name() -> None:
    place, _ = town(0)
    for change, field in (
        ({"template": "delay", "values": {"number": "G", "time": "1"}}, "body.template"),
        ({"template": "nothing"}, "body.template"),
        ({"values": {"area": "景山"}}, "body.values.time"),
        ({"scope": Scope("region", place.feeder)}, "body.scope_id"),
    ):
        with pytest.raises(InvalidField) as refused:
            drafted(wanted(place, **change))
        assert [one.field for one in refused.value.errors] == [field]
    with pytest.raises(NotFound):
        does(place.feeder, "start")


def test_without_an_account_it_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    place, _ = town(1)
    campaign = drafted(wanted(place))
    monkeypatch.delenv("PAIDAN_TWILIO_ACCOUNT_SID")
    messages.settings.cache_clear()
    with pytest.raises(Unavailable):
        does(campaign, "start")
    assert row(campaign).state == "draft"


def test_a_text_that_is_gone_ends_it_visibly(monkeypatch: pytest.MonkeyPatch) -> None:
    place, _ = town(1)
    campaign = started(wanted(place))
    others = {name: one for name, one in catalogue().templates.items() if name != "outage"}
    book = replace(catalogue(), templates=others)
    monkeypatch.setattr(mailing, "catalogue", lambda: book)
    turns(campaign)
    assert (row(campaign).state, row(campaign).code) == ("cancelled", "no_template")


def test_several_workers_and_a_hasty_lead_write_to_each_once() -> None:
    place, numbers = town(120)
    campaign = started(wanted(place))
    start = Barrier(4)

    def works() -> None:
        start.wait()
        for _ in range(6):
            turns(campaign)

    def wavers() -> None:
        start.wait()
        for act in ("pause", "resume") * 6:
            does(campaign, act)

    threads = [Thread(target=one) for one in (works, works, works, wavers)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    while row(campaign).state != "done":
        turns(campaign)
        dialled(campaign)
    assert written_to(campaign) == Counter(numbers)
    assert len(of(campaign)) == len(numbers)
    assert whole()


def test_no_fact_of_a_campaign_holds_a_number_or_a_word() -> None:
    place, numbers = town(2)
    campaign = started(wanted(place))
    turns(campaign)
    facts = query(lambda s: s.scalars(select(Event).where(Event.stream_id == campaign)).all())
    assert [one.type for one in sorted(facts, key=lambda one: one.seq)] == [
        "campaign.asked",
        "campaign.moved",
        "campaign.written",
    ]
    assert not [one for one in facts if numbers[0] in str(one.payload) or "景" in str(one.payload)]


def test_a_row_that_is_not_what_its_facts_say_is_found() -> None:
    place, _ = town(1)
    campaign = started(wanted(place))
    turns(campaign)
    assert whole()
    with session_factory()() as session:
        mine = update(Campaign).where(Campaign.id == campaign)
        session.execute(mine.values(recipients=7))
        session.commit()
    assert not whole()
    with session_factory()() as session:
        session.execute(mine.values(recipients=1))
        session.commit()


def test_a_turn_is_short_however_many_they_are() -> None:
    place, _ = town(600)
    campaign = started(wanted(place))
    assert mailing.turn(ORG_ID, campaign, NOON)
    mine = select(CampaignRecipient).where(CampaignRecipient.campaign_id == campaign)
    assert len(query(lambda s: s.scalars(mine).all())) == mailing.BATCH
    assert len(of(campaign)) <= mailing.AT_ONCE
    assert row(campaign).written_at is None

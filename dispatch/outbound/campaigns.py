"""Use cases of notices to many: drafted, looked at, started, paused, resumed, cancelled.

Nothing is sent here: `mailing` works on what the rows say. Whoever changes a campaign holds its
row, so that nothing is asked for once a pause or a cancel has been committed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from core import events as ev
from core.errors import Conflict, InvalidField, NotFound, Unavailable
from core.facts import Payload
from core.ids import new_id
from core.settings import settings
from core.uow import UnitOfWork
from dispatch.directory.rules import e164
from dispatch.outbound import audience
from dispatch.outbound import campaign_repository as repository
from dispatch.outbound.audience import Scope
from dispatch.outbound.campaign_models import Campaign
from dispatch.outbound.campaign_rules import ACT_WORDS, ACTS, STATE_WORDS, evolve, reachable
from telephony import message_repository, messages
from telephony.delivery import segments
from telephony.templates import Catalogue, Template, catalogue, fill

SOURCE = "outbound"
PAGE = 2000
"""Customers that a preview looks at in one query."""
FOR_MANY = ("safety", "notice", "marketing")
"""Categories of texts that go to many."""


class WrongState(Conflict):
    """The act does not fit the present state of a notice to many."""

    code = "campaign_state"
    zh = "群发通知当前为“{state_zh}”，不能{act_zh}。"
    en = "The notice is {state_en}; it cannot be {act_en} now."

    def __init__(self, state: str, act: str) -> None:
        (state_zh, state_en), (act_zh, act_en) = STATE_WORDS[state], ACT_WORDS[act]
        super().__init__(state_zh=state_zh, state_en=state_en, act_zh=act_zh, act_en=act_en)


@dataclass(frozen=True, slots=True)
class NewCampaign:
    """What is to be told to whom, why, and until when it is of use."""

    template: str
    values: Mapping[str, str]
    scope: Scope
    reason: str
    useful: timedelta


@dataclass(frozen=True, slots=True)
class Sample:
    """The text in one language."""

    language: str
    text: str
    segments: int


@dataclass(slots=True)
class Preview:
    """What a start would do. `by_language`: numbers; `messages`: as the carrier counts parts."""

    customers: int = 0
    by_language: Counter[str] = field(default_factory=Counter)
    excluded: Counter[str] = field(default_factory=Counter)
    numberless: int = 0
    samples: list[Sample] = field(default_factory=list)

    @property
    def recipients(self) -> int:
        return sum(self.by_language.values())

    @property
    def messages(self) -> int:
        by_language = {one.language: one.segments for one in self.samples}
        return sum(by_language[name] * count for name, count in self.by_language.items())


@dataclass(frozen=True, slots=True)
class Candidate:
    """A number of a scope. `reason`: why it is left out, if it is."""

    number: str
    customer_id: UUID | None
    rank: int
    language: str
    reason: str | None


def draft(uow: UnitOfWork, new: NewCampaign) -> Campaign:
    """Write a notice down; nothing leaves before `act` starts it. Raises InvalidField."""
    template, values = checked(uow.session, uow.org_id, new)
    assert uow.actor.user_id is not None
    row = Campaign(
        org_id=uow.org_id, id=new_id(), template=template.name, values=values,
        scope=new.scope.kind, scope_id=new.scope.id, importances=list(new.scope.importances),
        reason=new.reason, state="draft", asked_at=uow.now, asked_by=uow.actor.user_id,
        expires_at=uow.now + new.useful, recipients=0, excluded=0, numberless=0,
    )  # fmt: skip
    uow.session.add(row)
    asked = ev.CampaignAsked(
        template=template.name, version=template.version, category=template.category,
        scope=row.scope, scope_id=row.scope_id, important_only=bool(row.importances),
        expires_at=row.expires_at,
    )  # fmt: skip
    uow.emit(row.id, asked, source="user")
    return row


def act(uow: UnitOfWork, campaign_id: UUID, name: str) -> Campaign:
    """`start`, `pause`, `resume` or `cancel`; harmless a second time.

    Raises NotFound, WrongState, and Unavailable where no message can leave the house.
    """
    row = repository.locked(uow.session, uow.org_id, campaign_id)
    if row is None:
        raise NotFound(what="campaign", id=campaign_id)
    states, leads_to = ACTS[name]
    if row.state == leads_to:
        return row
    if row.state not in states:
        raise WrongState(row.state, name)
    if name == "start":
        _may_start(uow, row)
    move(uow, row, leads_to)
    if name == "pause":
        messages.hold(uow, row.id, on=True)
    elif name == "cancel":
        withdraw(uow, row, "cancelled")
    return row


def _may_start(uow: UnitOfWork, row: Campaign) -> None:
    if not messages.set_up(uow.session, uow.org_id):
        raise Unavailable(what="SMS")
    if row.expires_at <= uow.now:
        raise WrongState("expired", "start")


def withdraw(uow: UnitOfWork, row: Campaign, code: str) -> None:
    """Nothing more of it goes out, but what the carrier is just being asked for."""
    repository.cancel_waiting(uow.session, uow.org_id, row.id)
    messages.hold(uow, row.id, on=True)
    messages.cancel(uow, repository.queued(uow.session, uow.org_id, row.id), code)


def move(uow: UnitOfWork, row: Campaign, state: str, code: str | None = None) -> None:
    """The campaign has come to `state`. Its row is locked."""
    record(uow, row, ev.CampaignMoved(state=state, code=code))


def record(uow: UnitOfWork, row: Campaign, payload: Payload) -> None:
    """One more fact of a campaign; its row follows."""
    event = uow.emit(row.id, payload, source=SOURCE)
    repository.write_state(row, evolve(repository.state_of(row), event))


def checked(session: Session, org_id: int, new: NewCampaign) -> tuple[Template, dict[str, str]]:
    """The text and its values. Raises InvalidField for what does not fit."""
    book = catalogue()
    template = book.template(new.template)
    if template.category not in FOR_MANY or not any(one == "sms" for one, _ in template.texts):
        raise InvalidField("body.template", "is no text for many", "此模板不能群发")
    values = fill(template, new.values)
    audience.check(session, org_id, new.scope)
    return template, values


def preview(session: Session, org_id: int, new: NewCampaign) -> Preview:
    """Who would get it now, in which language, who not and why. Raises InvalidField."""
    book = catalogue()
    template, values = checked(session, org_id, new)
    found, seen, after = Preview(), set[str](), None
    found.samples = _samples(template, values)
    _count(found, seen, of_callers(session, org_id, book, template, values, new.scope))
    while customers := audience.page(session, org_id, new.scope, after, PAGE):
        found.customers += len(customers)
        found.numberless += sum(not one.numbers for one in customers)
        _count(found, seen, of_customers(session, org_id, book, template, values, customers))
        after = customers[-1].customer_id
    return found


def _count(found: Preview, seen: set[str], candidates: Sequence[Candidate]) -> None:
    for one in candidates:
        if one.number in seen:
            continue
        seen.add(one.number)
        if one.reason is None:
            found.by_language[one.language] += 1
        else:
            found.excluded[one.reason] += 1


def _samples(template: Template, values: Mapping[str, str]) -> list[Sample]:
    return [
        Sample(language, words := text.with_values(values), segments(words))
        for (channel, language), text in sorted(template.texts.items())
        if channel == "sms"
    ]


def of_callers(
    session: Session,
    org_id: int,
    book: Catalogue,
    template: Template,
    values: Mapping[str, str],
    scope: Scope,
) -> list[Candidate]:
    """Those who reported the order of a scope, whoever they are."""
    region = settings().phone_region
    written = audience.callers(session, org_id, scope)
    numbers = [number for one in written if (number := e164(one, region))]
    return _judged(session, org_id, book, template, values, [(one, None, 0) for one in numbers])


def of_customers(
    session: Session,
    org_id: int,
    book: Catalogue,
    template: Template,
    values: Mapping[str, str],
    customers: Sequence[audience.Affected],
) -> list[Candidate]:
    """One number of each customer who has one."""
    wanted = [
        (found[0], one.customer_id, int(one.importance == "ordinary"))
        for one in customers
        if (found := reachable(one.numbers)) is not None
    ]
    return _judged(session, org_id, book, template, values, wanted)


def _judged(
    session: Session,
    org_id: int,
    book: Catalogue,
    template: Template,
    values: Mapping[str, str],
    wanted: Sequence[tuple[str, UUID | None, int]],
) -> list[Candidate]:
    numbers = [number for number, _, _ in wanted]
    stops = book.categories[template.category].stopped_by
    stopped = message_repository.stopped(session, org_id, numbers)
    languages = message_repository.languages(session, org_id, numbers)
    found = []
    for number, customer_id, rank in wanted:
        language, text = book.chosen(template, "sms", languages.get(number))
        usable = reachable([number])
        reason = usable[1] if usable else "bad_number"
        if reason is None and stops & stopped.get(number, frozenset()):
            reason = "stopped"
        reason = reason or book.refusal(number, text, values)
        found.append(Candidate(number, customer_id, rank, language, reason))
    return found


def quiet_until(book: Catalogue, template: Template, local: datetime) -> datetime | None:
    """When the quiet hours that hold such a text back are over; None where none do. Local time."""
    if book.categories[template.category].at_night or not book.quiet(local.time()):
        return None
    end = local.replace(
        hour=book.quiet_until.hour, minute=book.quiet_until.minute, second=0, microsecond=0
    )
    return end if end > local else end + timedelta(days=1)

"""Use cases: a short message is asked for once, followed to its end; who wants none is not written.

A message goes out as a carrier command whose subject it is, so `paidan dial` sends it at most once.
"""

import hashlib
import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.clock import rate
from core.db import read_session
from core.errors import NotFound
from core.events import MessageAsked, MessageMoved, SuppressionBegan, SuppressionEnded
from core.identity import system_actor
from core.ids import new_id
from core.listen import DIAL
from core.logging import logger
from core.recorded import Recorded
from core.secrets import secret_key
from core.settings import settings
from core.uow import UnitOfWork, unit_of_work
from telephony import message_repository as repository
from telephony import settling
from telephony.commands import SOON, ask
from telephony.delivery import STATES, evolve, moves, segments
from telephony.message_models import SCOPES, Suppression
from telephony.message_repository import PURPOSE
from telephony.repository import numbers_of
from telephony.templates import Catalogue, Template, Text, catalogue, fill, plain
from telephony.templates import language_of as guessed

SOURCE = "carrier"
KEPT = timedelta(hours=12)
"""A message that could not be sent in this time is of no use any more."""
log = logger(__name__)


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message that somebody should get. `key`: said once; a second ask with it does nothing.

    `expected_at`: the time that it promises. `urgent`: quiet hours do not hold it back.
    """

    template: str
    to_number: str
    about: str
    about_id: UUID
    values: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    language: str | None = None
    expected_at: datetime | None = None
    urgent: bool = False
    campaign_id: UUID | None = None
    priority: int = SOON
    expires_in: timedelta = KEPT


def set_up(session: Session, org_id: int) -> bool:
    """Whether messages and calls of an organisation can leave the house: a carrier's account and
    a number to send from. A demo city has its own carrier, which is nobody else's: the numbers of
    the city are made up, and a simulator reaches no real one.
    """
    own = settings()
    if not own.twilio_account_sid or own.twilio_auth_token is None:
        return False
    if repository.is_demo(session, org_id) != (own.demo_carrier_port is not None):
        return False
    return sender(session, org_id) is not None


def sender(session: Session, org_id: int) -> str | None:
    """The number that messages and calls of an organisation come from."""
    first = next(iter(numbers_of(session, org_id)), None)
    return settings().caller_number or (first.number if first else None)


def send(uow: UnitOfWork, new: NewMessage, *, held_s: float = 0.0) -> UUID | None:
    """Ask for a message; its id, None where its key, or its number in its campaign, has one.

    What may not be sent is kept as refused, with the reason. `held_s`: real seconds before it
    may leave. Raises InvalidField for an unknown template or values that do not fit it.
    """
    book = catalogue()
    template = book.template(new.template)
    values = fill(template, new.values)
    wished = new.language or language_of(uow, new.to_number)
    language, text = book.chosen(template, "sms", wished)
    words = text.with_values(values)
    id_ = new_id()
    row = {
        "org_id": uow.org_id, "id": id_, "key": new.key, "template": template.name,
        "version": template.version, "category": template.category, "channel": "sms",
        "language": language, "to_number": new.to_number, "values": values, "words": words,
        "segments": segments(words), "about": new.about, "about_id": new.about_id,
        "campaign_id": new.campaign_id, "expected_at": new.expected_at, "state": "queued",
        "asked_at": uow.now,
    }  # fmt: skip
    if not repository.add_once(uow.session, row):
        return None
    asked = MessageAsked(
        template=template.name, version=template.version, category=template.category,
        channel="sms", language=language, segments=row["segments"],  # type: ignore[arg-type]
        about=new.about, about_id=new.about_id, campaign_id=new.campaign_id,
    )  # fmt: skip
    uow.emit(id_, asked, source="system")
    refusal = _refusal(uow, book, template, text, new.to_number, values)
    if refusal is not None:
        move(uow, id_, "refused", refusal)
        return id_
    _command(uow, id_, new, words, text, values, held_s + _until_morning(uow, book, template, new))
    return id_


def _command(
    uow: UnitOfWork,
    id_: UUID,
    new: NewMessage,
    words: str,
    text: Text,
    values: Mapping[str, str],
    held_s: float,
) -> None:
    due_in = timedelta(seconds=held_s)
    ask(
        uow,
        "send_message",
        purpose=PURPOSE,
        subject_id=id_,
        to_number=new.to_number,
        from_number=sender(uow.session, uow.org_id),
        params={"text": words, "template": text.approval, "values": list(values.values())},
        priority=new.priority,
        due_in=due_in,
        expires_in=due_in + new.expires_in,
    )


def _refusal(
    uow: UnitOfWork,
    book: Catalogue,
    template: Template,
    text: Text,
    number: str,
    values: Mapping[str, str],
) -> str | None:
    if not set_up(uow.session, uow.org_id):
        return "not_set_up"
    stops = book.categories[template.category].stopped_by
    if stops & repository.stopped(uow.session, uow.org_id, [number]).get(number, frozenset()):
        return "stopped"
    if not number.startswith("+") or not number[1:].isdigit():
        return "bad_number"
    return book.refusal(number, text, values)


def _until_morning(uow: UnitOfWork, book: Catalogue, template: Template, new: NewMessage) -> float:
    """Real seconds until the quiet hours are over, for what is not to be sent within them."""
    if new.urgent or book.categories[template.category].at_night:
        return 0.0
    local = uow.now.astimezone(ZoneInfo(settings().timezone))
    if not book.quiet(local.time()):
        return 0.0
    morning = local.replace(
        hour=book.quiet_until.hour, minute=book.quiet_until.minute, second=0, microsecond=0
    )
    over = morning if morning > local else morning + timedelta(days=1)
    return (over - local).total_seconds() / rate()


def language_of(uow: UnitOfWork, number: str) -> str | None:
    """The language that whoever answers this number wants; None where nobody said."""
    return repository.languages(uow.session, uow.org_id, [number]).get(number)


def place_of(uow: UnitOfWork, number: str) -> str:
    """A word for a number in a key: it tells numbers apart and gives none away."""
    secret = secret_key() + uow.org_id.to_bytes(8, "big")
    return hmac.new(secret, number.encode(), hashlib.sha256).hexdigest()[:16]


def move(
    uow: UnitOfWork,
    message_id: UUID,
    state: str,
    code: str | None = None,
    at: datetime | None = None,
) -> bool:
    """A message has come to `state`; False where that is no news."""
    row = repository.locked(uow.session, uow.org_id, message_id)
    if row is None or not moves(row.state, state):
        return False
    fact = MessageMoved(state=state, code=code)
    event = uow.emit(message_id, fact, occurred_at=at, source=SOURCE)
    repository.write_state(row, evolve(repository.state_of(row), event))
    if row.about == "order":
        uow.touch("order", row.about_id)
    return True


def delivered(
    message_id: UUID,
    status: str,
    *,
    carrier: str,
    carrier_message: str,
    at: datetime,
    error_code: str | None = None,
) -> bool:
    """Take a report of the carrier on one message, however often and late it comes.

    False where it tells nothing new, or nobody knows the message. A status that no carrier is
    known to have is no news either, but is logged.
    """
    if status not in STATES:
        log.warning("message_status_unknown", status=status)
        return False
    with read_session() as session:
        org_id = repository.organisation_of(session, message_id)
    if org_id is None:
        return False
    with unit_of_work(system_actor(org_id, "carrier"), now=at) as uow:
        row = repository.locked(uow.session, org_id, message_id)
        if row is None:
            return False
        row.carrier, row.carrier_ref = carrier, carrier_message
        settling.sent(uow, message_id, carrier, carrier_message)
        return move(uow, message_id, status, error_code)


OUTCOMES = {"cancelled": "cancelled", "expired": "cancelled", "failed": "failed"}


def command_ended(uow: UnitOfWork, event: Recorded) -> None:
    """A command is over: what it sent has been accepted, or has not gone out. May run twice."""
    command = repository.command(uow.session, uow.org_id, event.stream_id)
    if command is None or command.purpose != PURPOSE or command.subject_id is None:
        return
    row = repository.locked(uow.session, uow.org_id, command.subject_id)
    if row is None:
        return
    if command.state == "done":
        row.carrier, row.carrier_ref = command.carrier, command.carrier_ref
        move(uow, row.id, "accepted")
        return
    state, code = OUTCOMES.get(command.state, "failed"), command.failure or command.state
    move(uow, row.id, "unknown" if code == "unsure" else state, code)


def cancel(uow: UnitOfWork, message_ids: Collection[UUID], code: str) -> int:
    """Do not send those that nobody has begun to send; returns how many."""
    mine = withdraw(uow, PURPOSE, message_ids, code)
    for id_ in mine:
        move(uow, id_, "cancelled", code)
    return len(mine)


def withdraw(uow: UnitOfWork, purpose: str, subjects: Collection[UUID], code: str) -> list[UUID]:
    """End the commands about these that nobody has tried yet; their subjects."""
    if not subjects:
        return []
    rows = repository.waiting_commands(uow.session, uow.org_id, purpose, subjects)
    for row in rows:
        settling.end(uow, row, "cancelled", code)
    return [row.subject_id for row in rows if row.subject_id is not None]


def hold(uow: UnitOfWork, campaign_id: UUID, *, on: bool) -> None:
    """Let nothing of a campaign begin to leave that has not begun, or let it go again.

    What is just being asked of the carrier is held where it comes back unsent.
    """
    if repository.hold(uow.session, uow.org_id, campaign_id, on=on) and not on:
        uow.notify(DIAL, "")


def keyword(words: str) -> str | None:
    """`stop` or `start`, where a short message says that and nothing else."""
    word, book = plain(words), catalogue()
    if word in book.stop_words:
        return "stop"
    return "start" if word in book.start_words else None


def heard_keyword(uow: UnitOfWork, number: str, word: str, words: str = "") -> str:
    """Stop or start all notices to a number, as it asks; the answer in its language.

    `words`: what it wrote.
    """
    if word == "stop":
        suppress(uow, number, SCOPES, "word")
    else:
        for one in repository.open_suppressions(uow.session, uow.org_id, number):
            _lift(uow, one.id, "word")
    name = "stopped" if word == "stop" else "started"
    book, wished = catalogue(), language_wished(uow.session, uow.org_id, number, words)
    return book.chosen(book.template(name), "sms", wished)[1].text


def language_wished(session: Session, org_id: int, number: str, words: str) -> str | None:
    """The language that a number wants; where nobody said, that of the words that it wrote."""
    return repository.languages(session, org_id, [number]).get(number) or guessed(words)


def suppress(
    uow: UnitOfWork, number: str, scopes: Collection[str], source: str, reason: str | None = None
) -> None:
    """This number gets no more messages of these scopes; unsent ones are cancelled."""
    for scope in scopes:
        values = {
            "org_id": uow.org_id, "number": number, "scope": scope, "source": source,
            "reason": reason, "since": uow.now, "by_user": uow.actor.user_id,
        }  # fmt: skip
        made = repository.suppress(uow.session, values)
        if made is not None:
            uow.emit(made, SuppressionBegan(scope=scope, how=source), source=_who(source))
    book = catalogue()
    stopped = {name for name, one in book.categories.items() if one.stopped_by & set(scopes)}
    waiting = repository.waiting_to(uow.session, uow.org_id, number, stopped)
    cancel(uow, waiting, "stopped")


def lift(uow: UnitOfWork, suppression_id: UUID) -> Suppression:
    """An agent undoes a suppression, as the customer asks. Raises NotFound."""
    return _lift(uow, suppression_id, "agent")


def _lift(uow: UnitOfWork, suppression_id: UUID, how: str) -> Suppression:
    row = repository.suppression(uow.session, uow.org_id, suppression_id)
    if row is None:
        raise NotFound(what="suppression", id=suppression_id)
    if row.ended_at is None:
        row.ended_at, row.ended_by = uow.now, uow.actor.user_id
        uow.emit(row.id, SuppressionEnded(how=how), source=_who(how))
    return row


def _who(how: str) -> str:
    return "agent" if how == "agent" else SOURCE

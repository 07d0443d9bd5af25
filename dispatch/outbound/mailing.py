"""Notices to many go out: the level-triggered work of the engine.

Each turn is one short transaction of one campaign: the next customers are written down as
recipients, then as many messages are asked for as the carrier takes in a few seconds. Everything
else waits in rows, so that a pause, a cancel or a dead process leaves nothing half done.
"""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from core import events as ev
from core.clock import seconds_until
from core.db import read_session
from core.errors import InvalidField
from core.identity import system_actor
from core.settings import settings
from core.uow import UnitOfWork, unit_of_work
from dispatch.outbound import audience, campaigns
from dispatch.outbound import campaign_repository as repository
from dispatch.outbound.audience import Scope
from dispatch.outbound.campaign_models import Campaign
from dispatch.outbound.campaign_rules import ahead
from dispatch.outbound.campaigns import Candidate, move, record
from telephony import messages
from telephony.commands import MASS
from telephony.messages import NewMessage
from telephony.templates import Template, catalogue, fill

SOURCE = "outbound"
BATCH = 500
"""Customers that one transaction writes down."""
AT_ONCE = 50
"""Messages that one transaction asks for."""


def sweep(now: datetime) -> bool:
    """One turn of each campaign; True where there may be more to do at once.

    Raises what went wrong with one of them after the others had their turn.
    """
    with read_session() as session:
        found = repository.unsettled(session)
    more, failed = False, None
    for org_id, campaign_id in found:
        try:
            more |= turn(org_id, campaign_id, now)
        except Exception as error:  # the others go on
            failed = error
    if failed is not None:
        raise failed
    return more


def turn(org_id: int, campaign_id: UUID, now: datetime) -> bool:
    """What is due of one campaign; True where there may be more at once."""
    with unit_of_work(system_actor(org_id, SOURCE), now=now) as uow:
        row = repository.locked(uow.session, org_id, campaign_id, skip=True)
        if row is None or row.settled_at is not None:
            return False
        if row.state in ("running", "paused") and row.expires_at <= now:
            move(uow, row, "done", "expired")
        if row.state in ("cancelled", "done"):
            _settle(uow, row)
        elif row.state == "running":
            return _run(uow, row)
    return False


def _text(row: Campaign) -> Template | None:
    """The text of a campaign; None where it is not there any more, or its values do not fit it."""
    try:
        template = catalogue().template(row.template)
        fill(template, row.values)
    except InvalidField:
        return None
    return template


def _settle(uow: UnitOfWork, row: Campaign) -> None:
    """What came back unsent is not sent any more; settled once nothing is left."""
    campaigns.withdraw(uow, row, row.code or row.state)
    uow.session.flush()
    if not repository.queued(uow.session, uow.org_id, row.id):
        row.settled_at = uow.now


def _run(uow: UnitOfWork, row: Campaign) -> bool:
    template = _text(row)
    if template is None:
        move(uow, row, "cancelled", "no_template")
        return True
    local = uow.now.astimezone(ZoneInfo(settings().timezone))
    quiet = campaigns.quiet_until(catalogue(), template, local) is not None
    messages.hold(uow, row.id, on=quiet)
    if row.written_at is None:
        _write(uow, row, template)
    asked = 0 if quiet else _ask(uow, row)
    return row.written_at is None or asked == AT_ONCE


def _write(uow: UnitOfWork, row: Campaign, template: Template) -> None:
    """The next recipients, from where the last turn came to."""
    session, org_id, book = uow.session, uow.org_id, catalogue()
    scope = Scope(row.scope, row.scope_id, tuple(row.importances))
    if row.written_to is None:
        found = campaigns.of_callers(session, org_id, book, template, row.values, scope)
        _add(uow, row, found)
    customers = audience.page(session, org_id, scope, row.written_to, BATCH)
    found = campaigns.of_customers(session, org_id, book, template, row.values, customers)
    _add(uow, row, found)
    row.numberless += sum(not one.numbers for one in customers)
    if customers:
        row.written_to = customers[-1].customer_id
    if len(customers) < BATCH:
        row.written_at = uow.now
        recipients, excluded = repository.totals(session, org_id, row.id)
        said = ev.CampaignWritten(
            recipients=recipients, excluded=excluded, numberless=row.numberless
        )
        record(uow, row, said)


def _add(uow: UnitOfWork, row: Campaign, found: list[Candidate]) -> None:
    values = [
        {
            "org_id": uow.org_id,
            "campaign_id": row.id,
            "number": one.number,
            "customer_id": one.customer_id,
            "rank": one.rank,
            "state": "excluded" if one.reason else "waiting",
            "reason": one.reason,
        }
        for one in found
    ]
    repository.add_recipients(uow.session, values)


def _ask(uow: UnitOfWork, row: Campaign) -> int:
    """Ask for the next messages, as far as few of them wait; done once nobody is left."""
    queued = len(repository.queued(uow.session, uow.org_id, row.id))
    room = min(AT_ONCE, ahead(settings().messages_per_second) - queued)
    recipients = repository.waiting(uow.session, uow.org_id, row.id, max(room, 1))
    if not recipients and not queued and row.written_at is not None:
        move(uow, row, "done")
        row.settled_at = uow.now
        return 0
    useful = timedelta(seconds=seconds_until(row.expires_at))
    for one in recipients[: max(room, 0)]:
        new = NewMessage(
            template=row.template,
            to_number=one.number,
            about="campaign",
            about_id=row.id,
            values=row.values,
            campaign_id=row.id,
            priority=MASS,
            expires_in=useful,
        )
        one.message_id = messages.send(uow, new)
        one.state = "asked"
    return max(0, min(room, len(recipients)))

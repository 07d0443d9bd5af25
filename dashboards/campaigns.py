"""Notices to many as screens show them: what is told to whom, how far it is, who did not get it."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.clock import now
from core.errors import NotFound
from core.settings import settings
from dispatch.outbound import audience
from dispatch.outbound import campaign_repository as repository
from dispatch.outbound.audience import Scope
from dispatch.outbound.campaign_models import Campaign
from dispatch.outbound.campaigns import FOR_MANY, quiet_until
from dispatch.privacy.masking import mask_phone
from telephony.templates import Catalogue, catalogue

OPEN = ("running", "paused")
FAILURES = 200
"""Numbers that one answer names, at most."""


def rows(session: Session, org_id: int, limit: int) -> list[dict[str, Any]]:
    """The newest first; progress of those alone that go on."""
    found = repository.campaigns(session, org_id, limit)
    going = [one.id for one, _ in found if one.state in OPEN]
    told = repository.progress(session, org_id, going)
    return [_row(session, one, name, told.get(one.id)) for one, name in found]


def campaign(session: Session, org_id: int, campaign_id: UUID) -> dict[str, Any]:
    """One, with its progress and who did not get it. Raises NotFound."""
    found = repository.campaign(session, org_id, campaign_id)
    if found is None:
        raise NotFound(what="campaign", id=campaign_id)
    row, name = found
    told = repository.progress(session, org_id, [campaign_id])[campaign_id]
    reasons = repository.reasons(session, org_id, campaign_id)
    missed = repository.failures(session, org_id, campaign_id, FAILURES)
    return {
        **_row(session, row, name, told),
        "reasons": [
            {"state": state, "code": code or None, "count": count}
            for (state, code), count in sorted(reasons.items(), key=lambda one: -one[1])
        ],
        "failures": [
            {
                "number": mask_phone(one.number),
                "customer_id": one.customer_id and str(one.customer_id),
                "account": account,
                "state": state,
                "code": code or None,
            }
            for one, account, state, code in missed
        ],
    }


def _row(session: Session, row: Campaign, name: str, told: Counter[str] | None) -> dict[str, Any]:
    scope = Scope(row.scope, row.scope_id, tuple(row.importances))
    scope_zh, scope_en = audience.name_of(session, row.org_id, scope) or ("-", "-")
    return {
        "id": row.id,
        "template": row.template,
        "values": row.values,
        "scope": row.scope,
        "scope_id": row.scope_id,
        "scope_zh": scope_zh,
        "scope_en": scope_en,
        "importances": row.importances,
        "reason": row.reason,
        "state": row.state,
        "code": row.code,
        "asked_at": row.asked_at,
        "asked_by": name,
        "started_at": row.started_at,
        "ended_at": row.ended_at,
        "expires_at": row.expires_at,
        "quiet_until": _quiet_until(row),
        "written": row.written_at is not None,
        "recipients": row.recipients,
        "excluded": row.excluded,
        "numberless": row.numberless,
        "progress": _progress(told),
    }


def _quiet_until(row: Campaign) -> datetime | None:
    """Until when the night holds back what goes out; None where it does not."""
    book = catalogue()
    template = book.templates.get(row.template)
    if row.state != "running" or template is None:
        return None
    return quiet_until(book, template, now().astimezone(ZoneInfo(settings().timezone)))


def _progress(told: Mapping[str, int] | None) -> dict[str, int] | None:
    return None if told is None else {state: told[state] for state in sorted(told)}


def templates(book: Catalogue | None = None) -> dict[str, Any]:
    """Every text that leaves the house, by channel and language, and the carrier's pace."""
    book = book or catalogue()
    return {
        "default_language": book.default_language,
        "languages": book.languages,
        "messages_per_second": settings().messages_per_second,
        "templates": [
            {
                "name": one.name,
                "category": one.category,
                "placeholders": one.placeholders,
                "for_many": one.category in FOR_MANY,
                "version": one.version,
                "texts": [
                    {
                        "channel": channel,
                        "language": language,
                        "text": text.text,
                        "approval": text.approval,
                        "segments": book.longest(text, one.placeholders),
                    }
                    for (channel, language), text in sorted(one.texts.items())
                ],
            }
            for one in sorted(book.templates.values(), key=lambda one: one.name)
        ],
    }

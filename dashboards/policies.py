"""Read model of policies and calendars: rows for lists, whole versions for the editor."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from dashboards.values import iso, text
from sla.book import Book, Kept, KeptCalendar
from sla.diff import Change
from sla.documents import CalendarDocument, Wrong
from sla.facts import When
from sla.policy import DOUBTFUL, Limit, Policy, SegmentRule
from sla.version_repository import calendars as kept_calendars
from sla.words import Words, coded, conditions, spanned


def say(words: Words) -> dict[str, str]:
    """Words in both languages."""
    return {"zh": words[0], "en": words[1]}


def policy_row(book: Book, kept: Kept, at: datetime) -> dict[str, Any]:
    """One version, without its text."""
    policy = kept.policy
    return {
        "code": policy.code,
        "version": policy.version,
        "name": {"zh": policy.name.zh, "en": policy.name.en},
        "state": book.standing(kept, at),
        "enabled": kept.enabled,
        "shipped": kept.shipped or kept.created_by is None,
        "covers": policy.covers if policy.applies is not None else None,
        "applies": say(conditions(policy.applies)) if policy.applies is not None else None,
        "priority": policy.priority,
        "statistic": policy.statistic,
        "calendar": policy.calendar,
        "calendar_known_until": known_until(book, policy.calendar),
        "doubtful": policy.doubtful,
        "effective_from": iso(kept.effective_from),
        "confirmed_by": text(kept.confirmed_by),
        "confirmed_at": iso(kept.confirmed_at),
        "created_by": text(kept.created_by),
        "created_at": iso(kept.created_at),
        "note": kept.note,
    }


def known_until(book: Book, calendar: str | None) -> int | None:
    """The last year whose holidays are known; None: any year, or no calendar."""
    document = book.calendar(calendar) if calendar else None
    years = [one.year for one in document.years] if document else []
    return max(years, default=None)


def newest(versions: Sequence[Kept], book: Book, at: datetime) -> Kept:
    """The version that a list shows: the one in force, else the newest."""
    return book.in_force(versions[-1].policy.code, at) or versions[-1]


def policy_rows(book: Book, at: datetime) -> list[dict[str, Any]]:
    """All versions of all policies, by code, the newest first."""
    return [
        policy_row(book, kept, at)
        for code in sorted(book.policies)
        for kept in reversed(book.policies[code])
    ]


def whole_policy(book: Book, kept: Kept, at: datetime) -> dict[str, Any]:
    """One version with its text, its parts as data, and where each figure comes from."""
    return policy_row(book, kept, at) | {
        "document": kept.text,
        "policy": policy_data(kept.policy),
        "figures": figures(kept.policy),
        "next_version": book.policies[kept.policy.code][-1].policy.version + 1,
    }


def policy_data(policy: Policy) -> dict[str, Any]:
    """The document as data, in the names of the file."""
    return policy.model_dump(mode="json", by_alias=True)


def figures(policy: Policy) -> list[dict[str, Any]]:
    """Every figure of a policy with its source and how sure that is, in the file's order."""
    found = [
        _figure(policy, rule, limit, place[0])
        for place, rule in policy.placed
        for limit in rule.limits
    ]
    for timer in policy.timers:
        limit = Limit(limit_s=timer.limit_s, source=timer.source, confidence=timer.confidence)
        found.append(
            {
                "part": "timers",
                "code": timer.code,
                "name": {"zh": timer.name.zh, "en": timer.name.en},
                "from": timer.from_point,
                "to": timer.stop_point,
                "responsible": timer.tell,
                **_limit(limit, When()),
                "statistic": None,
            }
        )
    return found


def _figure(policy: Policy, rule: SegmentRule, limit: Limit, part: str | int) -> dict[str, Any]:
    statistic = rule.statistic or policy.statistic
    return {
        "part": str(part),
        "code": rule.code,
        "name": {"zh": rule.name.zh, "en": rule.name.en},
        "from": rule.from_point,
        "to": rule.to_point,
        "responsible": limit.responsible or rule.responsible,
        **_limit(limit, rule.when),
        "statistic": {"code": statistic, **say(coded(statistic))},
    }


def _limit(limit: Limit, of_rule: When) -> dict[str, Any]:
    both = [conditions(one) for one in (of_rule, limit.when)]
    return {
        "limit": say(spanned(limit.length)),
        "limit_s": limit.length.seconds,
        "when": {
            "zh": "；".join(zh for zh, _ in both if zh),
            "en": "; ".join(en for _, en in both if en),
        },
        "source": limit.source,
        "confidence": limit.confidence,
        "doubtful": limit.confidence in DOUBTFUL,
    }


def wrong_rows(wrong: Sequence[Wrong]) -> list[dict[str, Any]]:
    """What is wrong with a document, by line."""
    return [{"field": one.field, "line": one.line, "message": say(one.words)} for one in wrong]


def change_rows(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """What differs, field by field."""
    return [
        {
            "kind": one.kind,
            "field": one.field,
            "label": say(one.label),
            "before": say(one.before) if one.before else None,
            "after": say(one.after) if one.after else None,
        }
        for one in changes
    ]


def calendar_row(kept: KeptCalendar) -> dict[str, Any]:
    """One version of a calendar, without its text."""
    document = kept.document
    return {
        "code": document.code,
        "version": kept.version,
        "name": {"zh": document.name.zh, "en": document.name.en},
        "zone": document.zone,
        "years": [
            {"year": one.year, "source": one.source, "confidence": one.confidence}
            for one in document.years
        ],
        "shipped": kept.shipped,
        "created_by": text(kept.created_by),
        "created_at": iso(kept.created_at),
        "note": kept.note,
    }


def rejudging(session: Session, org_id: int) -> dict[tuple[str, int], dict[str, Any]]:
    """How far what runs has been judged anew, by code and version of one's own calendars."""
    return {
        (row.code, row.version): {
            "judged": row.judged,
            "cases": row.cases,
            "ended_at": iso(row.judged_at),
        }
        for row in kept_calendars(session, org_id)
    }


def whole_calendar(kept: KeptCalendar) -> dict[str, Any]:
    """One version with its text and as data."""
    return calendar_row(kept) | {
        "document": kept.text,
        "calendar": calendar_data(kept.document),
    }


def calendar_data(document: CalendarDocument) -> dict[str, Any]:
    """The document as data, in the names of the file."""
    return document.model_dump(mode="json", by_alias=True)

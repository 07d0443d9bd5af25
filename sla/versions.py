"""Use cases of policies and calendars as versioned data: read, import, confirm, switch, edit.

What comes with Paidan is known to every organisation without a row; it is kept as a row, with its
text, as soon as something begins under it or somebody decides about it. A process keeps the book
of an organisation until its revision has moved on.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session, object_session

from core.db import engine, read_session
from core.errors import Conflict, NotFound
from core.events import (
    CalendarVersionAdded,
    PolicyConfirmed,
    PolicyDisabled,
    PolicyEnabled,
    PolicyVersionAdded,
)
from core.uow import UnitOfWork
from sla import version_repository as repository
from sla.book import Book, Covers, Kept, KeptCalendar, by_code
from sla.documents import (
    CalendarDocument,
    PolicyUnknown,
    Wrong,
    calendar_names,
    days_of,
    load_policy,
    parse_calendar,
    parse_policy,
    policy_names,
    read,
    refused,
    shipped_calendar,
    shipped_text,
)
from sla.facts import Facts
from sla.misfits import Misfit
from sla.models import SlaCalendar, SlaCase, SlaPolicy
from sla.policy import Policy
from sla.sense import odd_policy, odd_values

SOURCE = "policies"
USUAL = "beijing"
_STREAMS = UUID("6f1c2f0e-6f0b-5b1c-9a52-3b8f0c1f5a77")
_BOOK, _CHANGED = "sla_book", "sla_book_changed"
_books: WeakKeyDictionary[Engine, dict[int, Book]] = WeakKeyDictionary()
"""What this process knows of each database."""


class PolicyVersionTaken(Conflict):
    """A version never changes: a changed text needs a number of its own."""

    code = "policy_version_taken"
    zh = "{name} 不能使用第 {version} 版：版本号递增且已保存的不会更改；请使用第 {next} 版。"
    en = "Versions of {name} count up and never change: not {version}, take version {next}."


class PolicyUnconfirmed(Conflict):
    code = "policy_unconfirmed"
    zh = "{name} 第 {version} 版含有待核实的数值（{codes}），须先确认。"
    en = "Version {version} of {name} has figures to be confirmed first: {codes}."


def stream_id(kind: str, code: str) -> UUID:
    """The stream of the facts about a policy or calendar."""
    return uuid5(_STREAMS, f"{kind}:{code}")


def digest(text: str) -> str:
    """What names a text in an event."""
    return sha256(text.encode()).hexdigest()


@lru_cache(maxsize=256)
def _policy(text: str) -> Policy:
    return parse_policy(text, "policy.toml")


@lru_cache(maxsize=64)
def _calendar(text: str) -> CalendarDocument:
    return parse_calendar(text, "calendar.toml")


def book_of(session: Session, org_id: int) -> Book:
    """All policies and calendars of an organisation, as they stand in this transaction."""
    known: dict[int, Book] = session.info.setdefault(_BOOK, {})
    if org_id not in known:
        revision = repository.revision(session, org_id)
        mine = _books.setdefault(session.get_bind().engine, {})
        kept = mine.get(org_id)
        if kept is None or kept.revision != revision or session.info.get(_CHANGED):
            kept = _loaded(session, org_id, revision)
            if not session.info.get(_CHANGED):  # nobody else may see what is not committed
                mine[org_id] = kept
        known[org_id] = kept
    return known[org_id]


def _loaded(session: Session, org_id: int, revision: int) -> Book:
    calendars = _calendars(repository.calendars(session, org_id))
    rows = repository.policies(session, org_id)
    newest = {code: versions[-1].document for code, versions in calendars.items()}
    mine = {(row.code, row.version) for row in rows}
    shipped = (_from_paidan(name) for name in policy_names())
    versions = [
        *(_from_row(row) for row in rows),
        *(one for one in shipped if (one.policy.code, one.policy.version) not in mine),
    ]
    counted = (_counted(one, newest) for one in versions)
    return Book(revision=revision, policies=by_code(counted), calendars=calendars)


def _calendars(rows: Iterable[SlaCalendar]) -> dict[str, tuple[KeptCalendar, ...]]:
    found: dict[str, list[KeptCalendar]] = {}
    for name in calendar_names():
        document = shipped_calendar(name)
        text = shipped_text("calendars", name)
        found[name] = [KeptCalendar(document, text, document.version, shipped=True)]
    for row in rows:
        kept = KeptCalendar(
            _calendar(row.document),
            row.document,
            row.version,
            created_by=row.created_by,
            created_at=row.created_at,
            note=row.note,
        )
        found.setdefault(row.code, []).append(kept)
    return {code: tuple(sorted(mine, key=lambda one: one.version)) for code, mine in found.items()}


def _from_row(row: SlaPolicy) -> Kept:
    return Kept(
        policy=_policy(row.document),
        text=row.document,
        enabled=row.enabled,
        effective_from=row.effective_from,
        confirmed_by=row.confirmed_by,
        confirmed_at=row.confirmed_at,
        created_by=row.created_by,
        created_at=row.created_at,
        note=row.note,
    )


@lru_cache(maxsize=64)
def _from_paidan(name: str) -> Kept:
    text = shipped_text("policies", name)
    policy = _policy(text)
    return Kept(policy=policy, text=text, enabled=not policy.doubtful, shipped=True)


def _counted(kept: Kept, calendars: dict[str, CalendarDocument]) -> Kept:
    """The version, counted on the newest calendar."""
    return replace(kept, policy=kept.policy.on(days_of(kept.policy, calendars.__getitem__)))


def choose(
    session: Session, org_id: int, covers: Covers, facts: Facts, at: datetime
) -> Policy | None:
    """Under what an order or ticket with these facts begins at `at`; None: under nothing."""
    found = book_of(session, org_id).chosen(covers, facts, at)
    return found.policy if found else None


def usual(session: Session, org_id: int, at: datetime) -> Policy:
    """Under what a fault in town begins at `at`: what screens count with while nobody knows more.

    Paidan's own rules for faults where no policy is in force.
    """
    facts = Facts(area_class="urban", kind="fault_repair", customer_class="ordinary")
    return choose(session, org_id, "order", facts, at) or load_policy(USUAL)


def named_policies(session: Session, org_id: int, at: datetime) -> list[Policy]:
    """Policies whose words screens need: the usual one, then all others that something may have
    begun under by itself.
    """
    first = usual(session, org_id, at)
    book = book_of(session, org_id)
    others = [
        kept.policy
        for versions in book.policies.values()
        for kept in reversed(versions)
        if kept.policy.applies is not None
    ]
    return [first, *(one for one in others if one is not first)]


def policy_of(case: SlaCase) -> Policy:
    """The policy, in the version that the case began under. Raises PolicyUnknown."""
    return version_of(object_session(case), case.org_id, case.policy, case.policy_version)


def version_of(session: Session | None, org_id: int, code: str, version: int) -> Policy:
    """That version. Without a session: as this process knows it. Raises PolicyUnknown."""
    if session is not None:
        return _found(book_of(session, org_id), code, version)
    book = _books.get(engine(), {}).get(org_id)
    if book is None or book.version(code, version) is None:
        with read_session() as own:
            book = book_of(own, org_id)
    return _found(book, code, version)


def _found(book: Book, code: str, version: int) -> Policy:
    found = book.version(code, version)
    if found is None:
        raise PolicyUnknown(name=f"{code}@{version}", known=", ".join(sorted(book.policies)))
    return found.policy


def check(text: str, calendars: Iterable[str]) -> Policy | list[Wrong]:
    """The policy of a text, or all that is wrong with it; `calendars`: codes of those there are."""
    known = sorted(calendars)

    def also(policy: Policy, raw: dict[str, Any]) -> Iterable[Misfit]:
        code, there = policy.calendar, ", ".join(known)
        if code and code not in known:
            en = f"there is no calendar {code}; there are {there}"
            yield ("calendar",), (f"没有日历 {code}；可用的有：{there}", en)
        yield from odd_values(raw)
        yield from odd_policy(policy)

    return read(Policy, text, also)


def check_calendar(text: str) -> CalendarDocument | list[Wrong]:
    """The calendar of a text, or all that is wrong with it."""
    return read(CalendarDocument, text, lambda found, _raw: found.odd())


def add_version(
    uow: UnitOfWork,
    text: str,
    *,
    effective_from: datetime | None = None,
    enabled: bool = True,
    note: str | None = None,
    file: str = "policy.toml",
) -> Kept:
    """Keep a new version. The same text again changes nothing. Without `effective_from` it holds
    from now on.

    One with doubtful figures stays off until it is confirmed. Raises PolicyInvalid,
    PolicyVersionTaken.
    """
    _lock(uow)
    book = book_of(uow.session, uow.org_id)
    policy = check(text, book.calendars)
    if isinstance(policy, list):
        raise refused(file, policy)
    there = book.version(policy.code, policy.version)
    if there is not None and there.text == text:
        return there if not there.shipped else _keep(uow, there)
    newest = max((one.policy.version for one in book.policies.get(policy.code, ())), default=0)
    if policy.version <= newest:
        raise PolicyVersionTaken(name=policy.code, version=policy.version, next=newest + 1)
    kept = Kept(
        policy=policy,
        text=text,
        enabled=enabled and not policy.doubtful,
        effective_from=effective_from or uow.now,
        created_by=uow.actor.user_id,
        created_at=uow.now,
        note=note,
    )
    return _keep(uow, kept)


def ensure_kept(uow: UnitOfWork, policy: Policy) -> None:
    """Something begins under this version: its text is kept, should it be Paidan's own."""
    kept = book_of(uow.session, uow.org_id).version(policy.code, policy.version)
    if kept is not None and kept.shipped:
        _lock(uow)
        kept = book_of(uow.session, uow.org_id).version(policy.code, policy.version)
        if kept is not None and kept.shipped:
            _keep(uow, kept)


def confirm(uow: UnitOfWork, code: str, version: int) -> Kept:
    """An administrator stands by the figures: the version is on. Again: nothing changes."""
    row = _row(uow, code, version)
    if row.confirmed_at is None:
        row.confirmed_by, row.confirmed_at, row.enabled = uow.actor.user_id, uow.now, True
        uow.emit(stream_id("policy", code), PolicyConfirmed(version=version), source=SOURCE)
    return _changed(uow, code, version)


def switch(uow: UnitOfWork, code: str, version: int, *, on: bool) -> Kept:
    """Whether anything may begin under a version. Raises PolicyUnconfirmed, NotFound."""
    row = _row(uow, code, version)
    doubtful = _policy(row.document).doubtful
    if on and doubtful and row.confirmed_at is None:
        raise PolicyUnconfirmed(name=code, version=version, codes=", ".join(doubtful))
    if row.enabled != on:
        row.enabled = on
        fact = PolicyEnabled(version=version) if on else PolicyDisabled(version=version)
        uow.emit(stream_id("policy", code), fact, source=SOURCE)
    return _changed(uow, code, version)


def add_calendar(
    uow: UnitOfWork, text: str, note: str | None = None, file: str = "calendar.toml"
) -> KeptCalendar:
    """A calendar's next version, which holds at once. The same text again changes nothing.

    Raises PolicyInvalid.
    """
    _lock(uow)
    document = check_calendar(text)
    if isinstance(document, list):
        raise refused(file, document)
    versions = book_of(uow.session, uow.org_id).calendars.get(document.code, ())
    if versions and versions[-1].text == text:
        return versions[-1]
    version = versions[-1].version + 1 if versions else 1
    row = SlaCalendar(
        org_id=uow.org_id,
        code=document.code,
        version=version,
        document=text,
        created_by=uow.actor.user_id,
        created_at=uow.now,
        note=note,
    )
    uow.session.add(row)
    added = CalendarVersionAdded(code=document.code, version=version, digest=digest(text))
    uow.emit(stream_id("calendar", document.code), added, source=SOURCE)
    _changed_book(uow)
    return book_of(uow.session, uow.org_id).calendars[document.code][-1]


def _lock(uow: UnitOfWork) -> None:
    """One after the other; what is known of the book is what the one before left."""
    repository.bump_revision(uow.session, uow.org_id)
    uow.session.info.pop(_BOOK, None)
    uow.session.info[_CHANGED] = True


def _changed_book(uow: UnitOfWork) -> None:
    uow.session.flush()
    uow.session.info.pop(_BOOK, None)


def _changed(uow: UnitOfWork, code: str, version: int) -> Kept:
    _changed_book(uow)
    found = book_of(uow.session, uow.org_id).version(code, version)
    assert found is not None
    return found


def _row(uow: UnitOfWork, code: str, version: int) -> SlaPolicy:
    """The row of a version; one that came with Paidan gets it now. Raises NotFound."""
    _lock(uow)
    kept = book_of(uow.session, uow.org_id).version(code, version)
    if kept is None:
        raise NotFound(what="policy", id=f"{code}@{version}")
    if kept.shipped:
        _keep(uow, kept)
    row = repository.policy(uow.session, uow.org_id, code, version)
    assert row is not None
    return row


def _keep(uow: UnitOfWork, kept: Kept) -> Kept:
    code, version = kept.policy.code, kept.policy.version
    row = SlaPolicy(
        org_id=uow.org_id,
        code=code,
        version=version,
        document=kept.text,
        effective_from=kept.effective_from,
        enabled=kept.enabled,
        created_by=kept.created_by,
        created_at=uow.now,
        note=kept.note,
    )
    uow.session.add(row)
    added = PolicyVersionAdded(
        code=code,
        version=version,
        digest=digest(kept.text),
        enabled=kept.enabled,
        effective_from=kept.effective_from,
    )
    uow.emit(stream_id("policy", code), added, source=SOURCE)
    return _changed(uow, code, version)

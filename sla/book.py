"""All versions of an organisation's policies, and which of them holds: pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from sla.documents import CalendarDocument
from sla.facts import Facts
from sla.policy import Policy

Covers = Literal["order", "ticket"]
Standing = Literal["in_force", "future", "superseded", "waiting", "disabled"]


@dataclass(frozen=True, slots=True)
class Kept:
    """One version with its text, and what was decided about it.

    `shipped`: it came with Paidan and nobody has touched it; it has no row. `effective_from` None:
    always.
    """

    policy: Policy
    text: str
    enabled: bool
    effective_from: datetime | None = None
    confirmed_by: UUID | None = None
    confirmed_at: datetime | None = None
    created_by: UUID | None = None
    created_at: datetime | None = None
    note: str | None = None
    shipped: bool = False

    @property
    def waits(self) -> bool:
        """Whether it rests on figures that nobody has confirmed."""
        return self.confirmed_at is None and bool(self.policy.doubtful)

    def begun(self, at: datetime) -> bool:
        """Whether it may hold at this moment, as far as its own decisions go."""
        if not self.enabled or self.waits:
            return False
        return self.effective_from is None or self.effective_from <= at


@dataclass(frozen=True, slots=True)
class KeptCalendar:
    """One version of a calendar. `shipped`: as of a policy."""

    document: CalendarDocument
    text: str
    version: int
    created_by: UUID | None = None
    created_at: datetime | None = None
    note: str | None = None
    shipped: bool = False


@dataclass(frozen=True, slots=True)
class Book:
    """Versions by code, each list ascending. `revision` counts the changes."""

    revision: int = 0
    policies: Mapping[str, tuple[Kept, ...]] = field(default_factory=lambda: MappingProxyType({}))
    calendars: Mapping[str, tuple[KeptCalendar, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )

    def version(self, code: str, version: int) -> Kept | None:
        """That very version, whatever was decided about it."""
        for kept in self.policies.get(code, ()):
            if kept.policy.version == version:
                return kept
        return None

    def in_force(self, code: str, at: datetime) -> Kept | None:
        """The version of a policy under which something begins at `at`: the one that took effect
        last, of several at one moment the newest.
        """
        held = [kept for kept in self.policies.get(code, ()) if kept.begun(at)]
        return max(held, key=_took_effect, default=None)

    def chosen(self, covers: Covers, facts: Facts, at: datetime) -> Kept | None:
        """Under what an order or ticket with these facts begins at `at`: of the policies in force
        that apply, the one with the highest priority; of several, the first by code.
        """
        found: Kept | None = None
        for code in sorted(self.policies):
            kept = self.in_force(code, at)
            if kept is None or not _applies(kept.policy, covers, facts, at):
                continue
            if found is None or kept.policy.priority > found.policy.priority:
                found = kept
        return found

    def standing(self, kept: Kept, at: datetime) -> Standing:
        """How a version stands at `at`."""
        if kept.waits:
            return "waiting"
        if not kept.enabled:
            return "disabled"
        if not kept.begun(at):
            return "future"
        return "in_force" if self.in_force(kept.policy.code, at) is kept else "superseded"

    def calendar(self, code: str) -> CalendarDocument | None:
        """The newest version of a calendar."""
        versions = self.calendars.get(code, ())
        return versions[-1].document if versions else None


def _took_effect(kept: Kept) -> tuple[float, int]:
    moment = kept.effective_from.timestamp() if kept.effective_from else float("-inf")
    return moment, kept.policy.version


def _applies(policy: Policy, covers: Covers, facts: Facts, at: datetime) -> bool:
    if policy.applies is None or policy.covers != covers:
        return False
    return policy.applies.fits(facts, at, policy.days)


def by_code(versions: Iterable[Kept]) -> dict[str, tuple[Kept, ...]]:
    """Versions sorted into a book."""
    found: dict[str, list[Kept]] = {}
    for kept in versions:
        found.setdefault(kept.policy.code, []).append(kept)
    return {
        code: tuple(sorted(mine, key=lambda one: one.policy.version))
        for code, mine in found.items()
    }

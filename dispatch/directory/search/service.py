"""Find anything in the directory by any fragment of it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.identity import Access
from core.rights import Scope
from core.settings import settings
from dispatch.directory.rules import country_code
from dispatch.directory.search import repository
from dispatch.directory.search.describe import Describer
from dispatch.directory.search.forms import IMPORTANT, SAMPLE, region_mark
from dispatch.directory.search.hits import Hit, kind_of
from dispatch.directory.search.match import fields_of, starts_region
from dispatch.directory.search.models import THING_KINDS
from dispatch.directory.search.query import Word, any_of, wanted, ways
from dispatch.directory.search.repository import Candidate
from dispatch.privacy.masking import CLEAR, Eyes

LIMIT = 12
CANDIDATES = 60
COMMON = 12
"""Found so often in the sample, a fragment is common: not all that have it are looked at."""
_PLACES = 5
_REGIONS = 40
KINDS = (
    "customer",
    "premise",
    "line",
    "transformer",
    "pole",
    "cabinet",
    "region",
    "order",
    "ticket",
    "unit",
)


@dataclass(frozen=True, slots=True)
class Found:
    """Hits, best first, and the kinds of which there are more than were given."""

    hits: list[Hit] = field(default_factory=list)
    more: list[str] = field(default_factory=list)


def search(
    session: Session,
    org_id: int,
    text: str,
    access: Access,
    limit: int = LIMIT,
    *,
    at: datetime,
    eyes: Eyes = CLEAR,
    kinds: Collection[str] = KINDS,
) -> Found:
    """What this fragment, or these several, may mean: at most `limit` of each kind.

    Several words narrow: each must fit. `at`: whose shift it is. With masked `eyes` the reader
    finds by what the masks of names, phones and addresses show, and by nothing else: no question
    tells what they hide.
    """
    scope = None
    if access.scope is not Scope.ALL:
        scope = []
        if access.unit_id is not None:
            scope = repository.regions_of_centre(session, org_id, access.unit_id)
    asked = _Asked(session, org_id, access, scope, limit, at, eyes, frozenset(kinds))
    for words in ways(text, country_code(settings().phone_region)):
        found = asked.find([replace(word, masked=not eyes.clear) for word in words])
        if found.hits:
            return found
    return Found()


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question: who asks, and for how much."""

    session: Session
    org_id: int
    access: Access
    scope: list[UUID] | None
    limit: int
    at: datetime
    eyes: Eyes
    kinds: frozenset[str]

    def find(self, words: list[Word]) -> Found:
        """Hits for these words; none where a word fits nothing."""
        repository.only_indexes(self.session, on=True)
        words = self._resolved(words)
        things, more_things = self._things(words)
        entries, more_entries = self._entries(words)
        repository.only_indexes(self.session, on=False)
        describe = Describer(self.session, self.org_id, self.eyes, words, self.limit, self.at)
        found = [
            *describe.orders(self.access, self.kinds),
            *describe.things(things),
            *describe.entries(entries),
        ]
        return _cut(found, self.kinds, self.limit, more_things, more_entries)

    def _resolved(self, words: list[Word]) -> list[Word]:
        """Address words for what is written in Latin; regions, where other words stand beside."""
        found = []
        regions = self._regions(words) if len(words) > 1 else []
        for word in words:
            places: Iterable[str] = ()
            if word.is_latin and len(word.form) > 1:
                places = repository.places(self.session, self.org_id, word.form, _PLACES)
            meant = (one.id for one in regions if starts_region(fields_of(one.words), word))
            found.append(replace(word, places=tuple(places), regions=tuple(meant)))
        return found

    def _regions(self, words: Sequence[Word]) -> list[Candidate]:
        """Regions that one of the words may stand for."""
        said = [word for word in words if not word.is_digits]
        if not said:
            return []
        return repository.regions(
            self.session, self.org_id, any_of(said, "#region"), said, _REGIONS
        )

    def _things(self, words: Sequence[Word]) -> tuple[list[Candidate], bool]:
        marks = [f"#{one}" for one in THING_KINDS if kind_of(one) in self.kinds]
        if not marks:
            return [], False
        groups = [marks] if len(marks) < len(THING_KINDS) else []
        question = wanted(words, *groups)
        return repository.things(self.session, self.org_id, question, words, CANDIDATES)

    def _entries(self, words: Sequence[Word]) -> tuple[list[Candidate], bool]:
        """Of a common fragment the important ones, whole names and those of the sample."""
        if self.scope == [] or not self.kinds & {"customer", "premise"}:
            return [], False
        sample, _ = self._ask(words, [SAMPLE])
        if len(sample) < COMMON:
            rows, more = self._ask(words)
            if not more:
                return rows, False
            sample = rows
        marks = [IMPORTANT]
        if len(words) == 1 and not words[0].is_digits:
            marks.append(f"={words[0].form}")
        first, _ = self._ask(words, marks)
        return list({row.id: row for row in (*first, *sample)}.values()), True

    def _ask(self, words: Sequence[Word], *marks: Iterable[str]) -> tuple[list[Candidate], bool]:
        groups = list(marks)
        if self.scope is not None:
            groups.append([region_mark(one.hex) for one in self.scope])
        question = wanted(words, *groups)
        return repository.entries(
            self.session, self.org_id, question, words, CANDIDATES, self.scope
        )


def _cut(
    found: Iterable[Hit],
    kinds: Collection[str],
    limit: int,
    more_things: bool,  # noqa: FBT001
    more_entries: bool,  # noqa: FBT001
) -> Found:
    """The best of each kind; which kinds have more."""
    groups: dict[str, list[Hit]] = {}
    for hit in sorted(found, key=lambda one: one.order):
        if hit.kind in kinds:
            groups.setdefault(hit.kind, []).append(hit)
    more = [kind for kind, hits in groups.items() if len(hits) > limit]
    for kind in groups:
        entry = kind in ("customer", "premise")
        if kind not in more and kind not in ("order", "ticket"):
            more.extend([kind] if (more_entries if entry else more_things) else [])
    return Found([hit for hits in groups.values() for hit in hits[:limit]], more)

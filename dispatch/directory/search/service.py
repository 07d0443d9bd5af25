"""Find anything in the directory by any fragment of it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.clock import now
from core.identity import EVERYTHING, Access
from core.rights import Scope
from core.settings import settings
from dispatch.directory.rules import country_code
from dispatch.directory.search import hits, repository
from dispatch.directory.search.describe import Describer
from dispatch.directory.search.forms import IMPORTANT, plain, region_mark
from dispatch.directory.search.hits import Hit, kind_of
from dispatch.directory.search.match import fields_of, starts_region
from dispatch.directory.search.models import THING_KINDS
from dispatch.directory.search.query import Word, any_of, wanted, ways
from dispatch.directory.search.repository import Candidate, Candidates, Question
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
    with repository.only_indexes(session):
        for words in ways(text, country_code(settings().phone_region)):
            found = asked.find([replace(word, masked=not eyes.clear) for word in words])
            if found.hits:
                return found
    return Found()


def premises_at(session: Session, org_id: int, text: str, most: int) -> list[UUID]:
    """Premises in whose address these words are, the best first. For a reader with clear eyes."""
    kinds = ("customer", "premise")
    found = search(session, org_id, text, EVERYTHING, most, at=now(), kinds=kinds)
    placed = {
        hit.id: [why.matched for why in hit.why if why.field in ("address", "address_en")]
        for hit in found.hits
    }
    homes = hits.premises_of(session, org_id, [id_ for id_, words in placed.items() if words])
    return list(
        dict.fromkeys(
            premise_id
            for id_, words in placed.items()
            for premise_id, addresses in homes.get(id_, ())
            if any(word in plain(address) for word in words for address in addresses)
        )
    )


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
        words = self._resolved(words)
        things, rows = self._candidates(words)
        describe = Describer(self.session, self.org_id, self.eyes, words, self.limit, self.at)
        found = [
            *describe.orders(self.access, self.kinds),
            *describe.tickets(self.access, self.kinds),
            *describe.things(things.rows),
            *describe.entries(rows.rows),
        ]
        return _cut(found, self.kinds, self.limit, things.more, rows.more)

    def _resolved(self, words: list[Word]) -> list[Word]:
        """Address words for what is written in Latin; regions, where other words stand beside."""
        read = {
            word.form: self._places(word.form)
            for word in words
            if word.is_latin and len(word.form) > 1
        }
        regions = self._regions(words) if len(words) > 1 else []
        return [
            replace(
                word,
                places=read.get(word.form, ()),
                regions=tuple(
                    one.id for one in regions if starts_region(fields_of(one.words), word)
                ),
            )
            for word in words
        ]

    def _places(self, latin: str) -> tuple[str, ...]:
        rows = repository.ask(self.session, repository.places(self.org_id, latin, _PLACES))
        return tuple(dict.fromkeys(row[0] for row in rows))[:_PLACES]

    def _regions(self, words: Sequence[Word]) -> list[Candidate]:
        """Regions that one of the words may stand for."""
        said = [word for word in words if not word.is_digits]
        if not said:
            return []
        marked = any_of(said, "#region")
        rows = repository.ask(self.session, repository.regions(self.org_id, marked, said, _REGIONS))
        return repository.candidates(rows, _REGIONS).rows

    def _candidates(self, words: Sequence[Word]) -> tuple[Candidates, Candidates]:
        """Things and entries. Of a common fragment the entries are the important ones, whole names
        and those of the sample.
        """
        none = Candidates([], more=False)
        marks = [f"#{one}" for one in THING_KINDS if kind_of(one) in self.kinds]
        things = self._ask(self._things(words, marks)) if marks else none
        if self.scope == [] or not self.kinds & {"customer", "premise"}:
            return things, none
        rows = self._ask(self._entries(words, sample=True)).rows
        if len(rows) < COMMON:
            found = self._ask(self._entries(words))
            if not found.more:
                return things, found
            rows = found.rows
        best = [IMPORTANT]
        if len(words) == 1 and not words[0].is_digits:
            best.append(f"={words[0].form}")
        first = self._ask(self._entries(words, best)).rows
        return things, Candidates(
            list({row.id: row for row in (*first, *rows)}.values()), more=True
        )

    def _ask(self, question: Question) -> Candidates:
        return repository.candidates(repository.ask(self.session, question), CANDIDATES)

    def _things(self, words: Sequence[Word], marks: Sequence[str]) -> Question:
        groups = [marks] if len(marks) < len(THING_KINDS) else []
        return repository.things(self.org_id, wanted(words, *groups), words, CANDIDATES)

    def _entries(
        self, words: Sequence[Word], *marks: Iterable[str], sample: bool = False
    ) -> Question:
        groups = list(marks)
        if self.scope is not None:
            groups.append([region_mark(one.hex) for one in self.scope])
        question = wanted(words, *groups)
        return repository.entries(
            self.org_id, question, words, CANDIDATES, self.scope, sample=sample
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

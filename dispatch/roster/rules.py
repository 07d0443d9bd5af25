"""Who is on duty, which shifts collide, what a week's pattern makes, where a unit may stand: pure.

Spans are half-open, `[start, end)`, of aware times, so that one shift may begin where another ends.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

LEADER_RANKS = (1, 2)
LONGEST = timedelta(hours=48)
PARENTS: Mapping[str, tuple[str, ...]] = {
    "hotline": (),
    "centre": ("hotline",),
    "department": ("hotline", "centre", "department"),
    "crew": ("centre", "department"),
}
"""Kind of a unit → kinds that it may stand under. A crew's department belongs to a centre."""


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` up to, not with, `end`; both aware."""

    start: datetime
    end: datetime

    def covers(self, at: datetime) -> bool:
        return self.start <= at < self.end

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end


def first_overlap(spans: Sequence[Span]) -> tuple[int, int] | None:
    """Positions of two spans that overlap, the earlier one first; None where none do."""
    order = sorted(range(len(spans)), key=lambda index: (spans[index].start, spans[index].end))
    reaching: int | None = None
    for index in order:
        if reaching is not None and spans[reaching].overlaps(spans[index]):
            return reaching, index
        if reaching is None or spans[index].end > spans[reaching].end:
            reaching = index
    return None


def weekly(
    weekdays: Iterable[int], begins: time, ends: time, first: date, last: date, zone: ZoneInfo
) -> Iterator[Span]:
    """Shifts of a week's pattern on the days from `first` to `last`, both with.

    `weekdays`: 0 is Monday. `begins`, `ends`: by the clock on the wall of `zone`; an end that is
    not after the beginning lies on the next day.
    """
    wanted = set(weekdays)
    over_midnight = timedelta(days=1 if ends <= begins else 0)
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if day.weekday() not in wanted:
            continue
        start = datetime.combine(day, begins, zone).astimezone(UTC)
        end = datetime.combine(day + over_midnight, ends, zone).astimezone(UTC)
        if start < end:  # a clock that is put forward may leave nothing of a short shift
            yield Span(start, end)


@dataclass(frozen=True, slots=True)
class Planned:
    """A shift of one member, or, without one, of the whole unit."""

    unit_id: UUID
    member_id: UUID | None
    span: Span
    kind: str


@dataclass(frozen=True, slots=True)
class Person:
    """A member as whoever needs somebody on duty knows them. `phone`: E.164."""

    id: UUID
    unit_id: UUID
    name: str
    phone: str | None = None
    trades: tuple[str, ...] = ()
    voltage_classes: tuple[str, ...] = ()
    leader_rank: int | None = None
    user_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A unit with its people and the roster around a moment.

    `people`: those in use. `roster`: from its first shift to the end of its last; None where it
    never had one. `current`: its shifts that cover the moment, also of people who have left.
    """

    unit_id: UUID
    parent_id: UUID | None
    active: bool = True
    phone: str | None = None
    people: tuple[Person, ...] = ()
    roster: Span | None = None
    current: tuple[Planned, ...] = ()


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Who answers for a unit at a moment.

    `always`: its roster says nothing about the moment, so it counts as on duty, with all members.
    `phone`: its own, else that of the first member on duty, else that of the unit above.
    `leaders`: by rank; those of the unit above where it has none. `until`: the present shift's end.
    """

    unit_id: UUID
    on_duty: bool
    always: bool
    members: tuple[Person, ...] = ()
    leaders: tuple[Person, ...] = ()
    phone: str | None = None
    until: datetime | None = None
    kinds: tuple[str, ...] = field(default=())


def duty(posts: Mapping[UUID, Post], unit_id: UUID, at: datetime) -> OnDuty:
    """Who is on duty in a unit at `at`. `posts` holds it and all units above it."""
    post = posts[unit_id]
    always = post.roster is None or not post.roster.covers(at)
    here = {None, *(one.id for one in post.people)}
    current = [one for one in post.current if one.member_id in here]
    on_duty = post.active and (always or bool(current))
    people = _present(post.people, current, always=always) if on_duty else ()
    ends = [one.span.end for one in current]
    return OnDuty(
        unit_id=unit_id,
        on_duty=on_duty,
        always=post.active and always,
        members=people,
        leaders=_leaders(posts, post),
        phone=_phone(posts, post, people),
        until=max(ends) if ends and on_duty else None,
        kinds=tuple(dict.fromkeys(one.kind for one in current)),
    )


def _present(
    people: Iterable[Person], current: Iterable[Planned], *, always: bool
) -> tuple[Person, ...]:
    """Leaders first; a shift of the whole unit (no member) has everybody."""
    everybody = tuple(sorted(people, key=lambda one: (one.leader_rank or 9, one.name)))
    there = {one.member_id for one in current}
    if always or None in there:
        return everybody
    return tuple(one for one in everybody if one.id in there)


def _above(posts: Mapping[UUID, Post], post: Post) -> Iterator[Post]:
    """The unit and those above it, as far as known; a ring ends where it closes."""
    seen: set[UUID] = set()
    at: Post | None = post
    while at is not None and at.unit_id not in seen:
        seen.add(at.unit_id)
        yield at
        at = posts.get(at.parent_id) if at.parent_id else None


def _leaders(posts: Mapping[UUID, Post], post: Post) -> tuple[Person, ...]:
    for one in _above(posts, post):
        ranked = sorted(
            (each for each in one.people if each.leader_rank),
            key=lambda each: each.leader_rank or 0,
        )
        if ranked:
            return tuple(ranked)
    return ()


def _phone(posts: Mapping[UUID, Post], post: Post, people: Iterable[Person]) -> str | None:
    if post.phone:
        return post.phone
    own = next((one.phone for one in people if one.phone), None)
    return own or next((one.phone for one in _above(posts, post) if one.phone), None)


def may_stand_under(kind: str, parent_kind: str | None, *, parent_has_centre: bool) -> bool:
    """Whether a unit of `kind` may stand under one of `parent_kind` (None: at the top)."""
    if parent_kind is None:
        return kind == "hotline"
    if kind == "crew" and not parent_has_centre:
        return False
    return parent_kind in PARENTS[kind]


def closes_a_ring(parents: Mapping[UUID, UUID | None], unit_id: UUID, new_parent: UUID) -> bool:
    """Whether `unit_id` stands above `new_parent` already, or is it."""
    seen: set[UUID] = set()
    at: UUID | None = new_parent
    while at is not None and at not in seen:
        if at == unit_id:
            return True
        seen.add(at)
        at = parents.get(at)
    return False

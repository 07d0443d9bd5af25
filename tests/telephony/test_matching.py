"""Who speaks with whom: properties over random halls of waiting callers and free agents."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from telephony.routing import queues
from telephony.routing.matching import Free, Waiting, able, match, needs, serves
from telephony.routing.rules import after_taking

T0 = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
PLAN = queues.read((resources.files("telephony.routing") / "queues.toml").read_text("utf-8"))
CODES = [one.code for one in PLAN.queue]
SKILLS = ("general", "fault", "enquiry")


def later(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def caller(number: int, since: float = 0, queue: str = "fault", **more: object) -> Waiting:
    return replace(Waiting(UUID(int=number), queue, later(since)), **more)  # type: ignore[arg-type]


def agent(number: int, since: float = 0, languages: tuple[str, ...] = (), **skills: int) -> Free:
    return Free(UUID(int=1000 + number), later(since), skills, frozenset(languages))


callers = st.builds(
    caller,
    st.integers(1, 10**6),
    st.integers(0, 600),
    st.sampled_from(CODES),
    priority=st.integers(0, 5),
    language=st.sampled_from([None, "cmn-CN", "en-US"]),
    skills=st.frozensets(st.sampled_from(SKILLS), max_size=1),
    called=st.booleans(),
)
agents = st.builds(
    lambda number, since, languages, skills, called: Free(
        UUID(int=10**7 + number), later(since), skills, languages, called
    ),
    st.integers(1, 10**6),
    st.integers(0, 600),
    st.frozensets(st.sampled_from(["cmn-CN", "en-US"])),
    st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 5)),
    st.booleans(),
)
halls = st.tuples(
    st.lists(callers, max_size=8, unique_by=lambda one: one.id),
    st.lists(agents, max_size=8, unique_by=lambda one: one.id),
    st.integers(600, 3000),
)


@given(halls)
def test_nobody_is_in_two_pairs_and_every_agent_is_able(
    hall: tuple[list[Waiting], list[Free], int],
) -> None:
    waiting, free, at = hall
    pairs = match(waiting, free, PLAN, later(at))
    assert len({one.waiting.id for one in pairs}) == len(pairs)
    assert len({one.agent.id for one in pairs}) == len(pairs)
    for one in pairs:
        found = dict(needs(one.waiting, PLAN, later(at)))
        assert able(one.agent.skills, found[one.queue])


@given(halls)
def test_nobody_is_passed_over(hall: tuple[list[Waiting], list[Free], int]) -> None:
    """By a younger one of the same or lower priority, who needs as much or more; but who has just
    called somebody back takes a caller on the line.
    """
    waiting, free, at = hall
    pairs = match(waiting, free, PLAN, later(at))
    served = {one.waiting.id for one in pairs}
    for pair in pairs:
        young = pair.waiting
        for old in waiting:
            passed_over = (
                old.id not in served
                and old.queue == young.queue
                and old.since < young.since
                and old.priority >= young.priority
                and old.skills <= young.skills
                and old.language in (None, young.language)
                and (young.called or not old.called or not pair.agent.called)
            )
            assert not passed_over, (old, young)


@given(halls)
def test_whoever_can_be_served_is_served(hall: tuple[list[Waiting], list[Free], int]) -> None:
    """Nobody waits on beside a free agent who can serve."""
    waiting, free, at = hall
    pairs = match(waiting, free, PLAN, later(at))
    served = {one.waiting.id for one in pairs}
    left = [one for one in free if one.id not in {pair.agent.id for pair in pairs}]
    for one in waiting:
        if one.id not in served:
            assert match([one], left, PLAN, later(at)) == []


@given(halls, st.integers(1, 5000))
def test_the_order_of_those_who_wait_never_changes(
    hall: tuple[list[Waiting], list[Free], int], pause: int
) -> None:
    """Served one by one, early or late: the same order, as far as one agent can serve all."""
    waiting, _, at = hall
    expert = agent(1, general=5, fault=5, enquiry=5)
    now = [
        match(waiting, [expert], PLAN, later(at)),
        match(waiting, [expert], PLAN, later(at + pause)),
    ]
    assert [one.waiting.id for one in now[0]] == [one.waiting.id for one in now[1]]


@given(halls)
def test_who_has_just_called_somebody_back_takes_those_on_the_line_first(
    hall: tuple[list[Waiting], list[Free], int],
) -> None:
    waiting, free, at = hall
    pairs = match(waiting, free, PLAN, later(at))
    served = {one.waiting.id for one in pairs}
    for pair in pairs:
        if pair.waiting.called and pair.agent.called:
            left = [one for one in waiting if not one.called and one.id not in served]
            assert match(left, [pair.agent], PLAN, later(at)) == []


@dataclass
class Shift:
    """Agents, one free at each turn. `since`: callers that each took since a call-back."""

    since: list[int | None]
    between: int
    turns: int = 0

    def serve(self, waiting: list[Waiting], now: datetime) -> None:
        at = self.turns % len(self.since)
        self.turns += 1
        free = agent(at, general=5, fault=5, enquiry=5)
        ((one, _, _),) = match(
            waiting, [replace(free, called=self.since[at] is not None)], PLAN, now
        )
        kind = "callback" if one.called else "caller"
        self.since[at] = after_taking(self.since[at], kind, self.between)
        waiting.remove(one)


shifts = st.builds(
    Shift,
    st.lists(st.sampled_from([None, 0]), min_size=1, max_size=4),
    st.integers(1, 3),
)


@given(shifts, st.integers(1, 8))
def test_callers_on_the_line_do_not_starve(shift: Shift, callers: int) -> None:
    """However many are to be called back, and however old their places are."""
    live = [caller(number, since=number) for number in range(callers)]
    waiting = list(live)
    for turn in range(2 * (callers + len(shift.since))):
        waiting += [caller(100 + turn, since=-3600 - turn, called=True)]
        shift.serve(waiting, later(10 * turn))
    assert not set(live) & set(waiting)


@given(shifts, st.integers(1, 8), st.integers(0, 5))
def test_call_backs_do_not_starve(shift: Shift, many: int, priority: int) -> None:
    """However many call, and however important they are: nobody's head start is more than five
    steps of ageing, in which twice as many come as are served.
    """
    asked = [caller(number, since=0, called=True) for number in range(many)]
    waiting = list(asked)
    ahead = 5 * int(PLAN.of("fault").ageing_s) // 10 + 1
    for turn in range(2 * ahead + (shift.between + 1) * (many + len(shift.since))):
        waiting += [
            caller(1000 + 2 * turn + one, since=10 * turn, priority=priority) for one in (0, 1)
        ]
        shift.serve(waiting, later(10 * turn))
    assert not set(asked) & set(waiting)


def test_ageing_brings_the_patient_before_the_important() -> None:
    one, other = agent(1, fault=5), caller(2, since=290, priority=4)
    assert match([caller(1), other], [one], PLAN, later(300))[0].waiting.id.int == 1
    sooner = replace(other, priority=5)
    assert match([caller(1), sooner], [one], PLAN, later(300))[0].waiting.id.int == 2


def test_the_longest_idle_is_chosen() -> None:
    pairs = match([caller(1)], [agent(1, 50, fault=5), agent(2, 10, fault=3)], PLAN, later(60))
    assert pairs[0].agent.id.int == 1002


def test_levels_are_relaxed_with_time_and_another_queue_helps_at_last() -> None:
    learner, general = agent(1, fault=1), agent(2, general=1)
    assert match([caller(1)], [learner, general], PLAN, later(29)) == []
    assert match([caller(1)], [learner, general], PLAN, later(61))[0].agent is learner
    (pair,) = match([caller(1)], [general], PLAN, later(121))
    assert (pair.agent, pair.queue) == (general, "hotline")


def test_a_speaker_is_waited_for_a_while() -> None:
    english = caller(1, language="en-US")
    chinese, both = agent(1, 0, ("cmn-CN",), fault=5), agent(2, 5, ("cmn-CN", "en-US"), fault=5)
    assert match([english], [chinese], PLAN, later(10)) == []
    assert match([english], [chinese, both], PLAN, later(10))[0].agent is both
    assert match([english], [chinese], PLAN, later(31))[0].agent is chinese


@dataclass
class Hall:
    """A hall that lives: callers come and go, agents answer, ring out and come back."""

    now: float = 0
    waiting: dict[UUID, Waiting] = field(default_factory=dict)
    free: dict[UUID, Free] = field(default_factory=dict)
    offers: dict[UUID, tuple[Waiting, Free, float]] = field(default_factory=dict)
    talking: dict[UUID, Free] = field(default_factory=dict)
    away: list[Free] = field(default_factory=list)
    done: set[UUID] = field(default_factory=set)

    def turn(self) -> None:
        for key, (one, whom, until) in list(self.offers.items()):
            if self.now >= until:
                del self.offers[key]
                self.waiting[one.id] = one
                self.away.append(whom)
        for pair in match(self.waiting.values(), self.free.values(), PLAN, later(self.now)):
            del self.waiting[pair.waiting.id], self.free[pair.agent.id]
            self.offers[pair.waiting.id] = (pair.waiting, pair.agent, self.now + 20)

    def answer(self) -> None:
        if self.offers:
            key, (one, whom, _) = next(iter(self.offers.items()))
            del self.offers[key]
            self.talking[one.id] = whom

    def hang_up(self) -> None:
        if self.talking:
            key, whom = next(iter(self.talking.items()))
            del self.talking[key]
            self.done.add(key)
            self.free[whom.id] = replace(whom, since=later(self.now))

    def leave(self) -> None:
        if self.waiting:
            self.done.add(self.waiting.popitem()[0])

    def ready(self) -> None:
        if self.away:
            whom = self.away.pop()
            self.free[whom.id] = replace(whom, since=later(self.now))


ACTS: dict[str, Callable[[Hall], None]] = {
    "answer": Hall.answer,
    "hang_up": Hall.hang_up,
    "leave": Hall.leave,
    "ready": Hall.ready,
}


@given(
    st.lists(callers, max_size=10, unique_by=lambda one: one.id),
    st.integers(1, 4),
    st.lists(st.tuples(st.sampled_from(sorted(ACTS)), st.integers(0, 60)), max_size=40),
)
def test_nobody_is_forgotten_whatever_happens(
    coming: list[Waiting], staff: int, acts: list[tuple[str, int]]
) -> None:
    everybody = [agent(number, general=5, fault=5, enquiry=5) for number in range(staff)]
    hall = Hall(free={one.id: one for one in everybody})
    queue = sorted(coming, key=lambda one: one.since)
    for name, pause in acts:
        hall.now += pause
        while queue and queue[0].since <= later(hall.now):
            come = queue.pop(0)
            hall.waiting[come.id] = come
        hall.turn()
        ACTS[name](hall)
        hall.turn()
        busy = [one.id for _, one, _ in hall.offers.values()] + [
            one.id for one in hall.talking.values()
        ]
        assert len(busy) == len(set(busy))
    hall.now += 1000
    hall.waiting.update({one.id: one for one in queue})
    for _ in range(4 * len(coming) + 4):  # from now on everybody answers
        while hall.away:
            hall.ready()
        hall.turn()
        hall.answer()
        hall.hang_up()
        hall.now += 1
    assert {one.id for one in coming} == hall.done


@given(st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 5)))
def test_who_serves_a_queue_is_found_by_its_callers_after_a_long_wait(
    skills: dict[str, int],
) -> None:
    one = Free(UUID(int=1001), T0, skills)
    met = [code for code in CODES if match([caller(1, queue=code)], [one], PLAN, later(86_400))]
    assert serves(skills, PLAN) == met

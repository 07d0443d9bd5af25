"""The same orders under two policies: pure. A segment is compared with the one of the same code."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from sla.segments import Segment

Outcome = Literal["met", "breached", "unjudged", "anomaly", "absent"]
OUTCOMES: tuple[Outcome, ...] = ("met", "breached", "unjudged", "anomaly", "absent")


def outcome_of(segment: Segment | None) -> Outcome:
    """How a segment came out. `absent`: there is none of this code, or it is not over."""
    if segment is None or segment.state in ("pending", "running"):
        return "absent"
    if segment.state == "anomaly":
        return "anomaly"
    if segment.within is None:
        return "unjudged"
    return "met" if segment.within else "breached"


@dataclass(frozen=True, slots=True)
class Pair:
    """One stretch of an order, judged twice; at least one of the two is there."""

    before: Segment | None
    after: Segment | None

    @property
    def segment(self) -> Segment:
        """Whichever is there, the later judgement first."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def move(self) -> tuple[Outcome, Outcome]:
        """How it came out before, and after."""
        return outcome_of(self.before), outcome_of(self.after)

    @property
    def changed(self) -> bool:
        """Whether it comes out otherwise; a stretch that only one policy knows does not count."""
        before, after = self.move
        return before != after and "absent" not in (before, after)


def pairs(before: Iterable[Segment], after: Iterable[Segment]) -> Iterator[Pair]:
    """The segments of one order side by side."""
    old = {(one.code, one.subject_id): one for one in before}
    for one in after:
        yield Pair(old.pop((one.code, one.subject_id), None), one)
    for one in old.values():
        yield Pair(one, None)


@dataclass(slots=True)
class Tally:
    """How many stretches of one code and group went from which outcome to which."""

    moves: Counter[tuple[Outcome, Outcome]] = field(default_factory=Counter)

    def add(self, pair: Pair) -> None:
        self.moves[pair.move] += 1

    def before(self, outcome: Outcome) -> int:
        """How many came out so under the policy before."""
        return sum(count for (old, _), count in self.moves.items() if old == outcome)

    def after(self, outcome: Outcome) -> int:
        """How many come out so under the other policy."""
        return sum(count for (_, new), count in self.moves.items() if new == outcome)

    @property
    def changed(self) -> int:
        """How many come out otherwise."""
        return sum(
            count
            for (old, new), count in self.moves.items()
            if old != new and "absent" not in (old, new)
        )


def share(met: int, breached: int) -> float | None:
    """Share that kept the limit, 0 … 1; None where nothing was judged."""
    return met / (met + breached) if met + breached else None

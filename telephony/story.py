"""The story of a call: its stage, its outcome and all that is measured, from evidence: pure.

`tell` is a function of a set. However late, often and disordered the evidence came, the same set
tells the same story; what is lost is left out, and the sweeper's `lookup` ends what nobody ended.
Point A is no part of it: that is a fact (`telephony.rules`), and facts are not moved.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from telephony.spans import Span, common, seconds, union, until
from telephony.story_legs import FAR, Evidence, LegStory, tell_leg
from telephony.story_stays import RESULTS, Stay, tell_stays

STAGES = ("ringing", "menu", "queued", "offered", "talking", "held", "ended")
OUTCOMES = (
    "answered",
    "abandoned",
    "callback",
    "message",
    "refused",
    "queue_full",
    "overflowed",
    "closed",
    "failed",
    "busy",
    "no_answer",
)
DECIDED = {
    "callback": "callback",
    "message": "message",
    "refused": "refused",
    "full": "queue_full",
    "overflow": "overflowed",
    "closed": "closed",
}
"""Code of the flow → outcome of a call that no agent answered; the first that applies."""
UNANSWERED = {"busy": "busy", "no-answer": "no_answer", "canceled": "no_answer"}
GIVEN_UP_IN = ("ringing", "menu", "queued", "offered")
SLACK = timedelta(seconds=1)
"""The carrier writes whole seconds."""


@dataclass(frozen=True, slots=True)
class Story:
    """A call as its evidence tells it. Seconds are None until the call has ended.

    `left_in`: the stage in which the caller gave up. `wait_s`: from the queue to an agent, or to
    the end. `talk_s`: caller and agent together, without `held_s`. `ring_s`: of the agent who
    answered. `hung_up_at`: the earliest moment that anything gives for the end.
    """

    stage: str
    legs: Mapping[str, LegStory]
    stays: tuple[Stay, ...]
    language: str | None = None
    outcome: str | None = None
    left_in: str | None = None
    short: bool | None = None
    queued_at: datetime | None = None
    bridged_at: datetime | None = None
    hung_up_at: datetime | None = None
    hung_up_by: str | None = None
    wait_s: float | None = None
    ring_s: float | None = None
    talk_s: float | None = None
    held_s: float | None = None
    transfers: int | None = None


MEASURED = (
    "outcome",
    "left_in",
    "short",
    "queued_at",
    "bridged_at",
    "hung_up_at",
    "hung_up_by",
    "wait_s",
    "ring_s",
    "talk_s",
    "held_s",
    "transfers",
)


def tell(
    evidence: Iterable[Evidence],
    parties: Mapping[str, str],
    people: Mapping[str, str],
    *,
    inbound: bool,
    short_s: float,
) -> Story:
    """The story. `parties`: the carrier's id of each known leg → its role; `people`: → whose
    telephone it is, where we know it.
    """
    known = sorted(set(evidence), key=lambda one: one.order)
    over = [one for one in known if not one.party and one.is_(("end",))]
    legs = {
        party: tell_leg(role, mine, over)
        for party, role in parties.items()
        if (mine := [one for one in known if one.party == party])
    }
    return _Teller(known, legs, people, inbound=inbound, short_s=short_s).story()


class _Teller:
    """Everything that one call's story is put together from."""

    def __init__(
        self,
        known: list[Evidence],
        legs: dict[str, LegStory],
        people: Mapping[str, str],
        *,
        inbound: bool,
        short_s: float,
    ) -> None:
        self.known = known
        self.legs = legs
        self.people = people
        self.inbound = inbound
        self.short_s = short_s
        self.codes = {one.word for one in known if one.kind == "flow"}
        self.far = next((leg for leg in legs.values() if leg.role in FAR), None)
        self.agents = [leg for leg in legs.values() if leg.role == "agent"]
        self.end = self.far.ended_at if self.far else None
        joined = [span.begin for span in (self.far.present if self.far else ())]
        self.stays = tell_stays(known, joined, self.end, inbound=inbound)
        self.here = union(until(self._far_present(), self.end))
        self.together = self._together()

    def story(self) -> Story:
        queued_at = self.stays[0].entered_at if self.stays else None
        bridged_at = self.together[0].begin if self.together else None
        spoken = [dict(one.more).get("language") for one in self.known if one.kind == "flow"]
        story = Story(
            stage="ended" if self.end else self._stage(),
            legs=self.legs,
            stays=self.stays,
            language=next((one for one in reversed(spoken) if one), None),
            queued_at=queued_at,
            bridged_at=bridged_at,
        )
        return story if self.end is None else self._ended(story, self.end)

    def _far_present(self) -> list[Span]:
        """In the conference, or talking as far as the queue's result tells."""
        if self.far is None:
            return []
        if self.far.told_present:
            return list(self.far.present)
        if not self.inbound:
            return [Span(self.far.answered_at, None)] if self.far.answered_at else []
        last = self.stays[-1] if self.stays else None
        gone = last is not None and last.result in ("bridged", "moved")
        return [Span(last.left_at, None)] if gone and last and last.left_at else []

    def _together(self) -> list[Span]:
        spans: list[Span] = []
        for leg in self.agents:
            known = leg.present
            if not leg.told_present and leg.answered_at is not None:
                known = (Span(leg.answered_at, leg.ended_at),)
            spans += known
        if not self.inbound and not self.agents:
            spans = self.here  # an announcement talks to whoever answered
        elif not self.agents and any(_said_bridged(one) for one in self.known):
            spans = self.here  # the carrier's own word, where no leg of ours is known
        return common(self.here, union(until(spans, self.end)))

    def _stage(self) -> str:
        held = [span for span in (self.far.held if self.far else ()) if span.end is None]
        if self.together and self.together[-1].end is None:
            return "held" if held else "talking"
        if self.stays and self.stays[-1].left_at is None:
            return "offered" if any(leg.ended_at is None for leg in self.agents) else "queued"
        if self.here and self.here[-1].end is None:
            return "held" if self.together else "offered"
        answered = self.far is not None and self.far.answered_at is not None
        return "menu" if answered or self.codes else "ringing"

    def _ended(self, story: Story, end: datetime) -> Story:
        outcome = self._outcome()
        left_in = self._left_in(end) if outcome == "abandoned" else None
        began = story.queued_at or min(one.when for one in self.known)
        held = common(self.together, union(until(self.far.held if self.far else (), end)))
        return Story(
            stage="ended",
            legs=self.legs,
            stays=self.stays,
            language=story.language,
            outcome=outcome,
            left_in=left_in,
            short=_lasted(began, end) <= self.short_s if left_in else None,
            queued_at=story.queued_at,
            bridged_at=story.bridged_at,
            hung_up_at=end,
            hung_up_by=self._hung_up_by(outcome),
            wait_s=self._wait(story, end),
            ring_s=self._ring(),
            talk_s=max(0.0, round(seconds(self.together) - seconds(held), 3)),
            held_s=seconds(held),
            transfers=max(0, len(self._spoke(end)) - 1),
        )

    def _outcome(self) -> str:
        assert self.far is not None
        if self.together or (not self.inbound and self.far.end_state == "completed"):
            return "answered"
        for code, outcome in DECIDED.items():
            if code in self.codes and not (code == "closed" and self.stays):
                return outcome  # who reports a hazard waits for an agent at any hour
        if any(one.result == "full" for one in self.stays):
            return "queue_full"
        if self.far.end_state == "failed":
            return "failed"
        return "abandoned" if self.inbound else UNANSWERED[self.far.end_state or "no-answer"]

    def _left_in(self, end: datetime) -> str:
        last = self.stays[-1] if self.stays else None
        if last is None or last.result == "leave":
            answered = self.far is not None and self.far.answered_at is not None
            return "menu" if answered or self.codes else "ringing"
        rang = any(
            leg.placed_at <= end + SLACK and (leg.ended_at is None or leg.ended_at >= end - SLACK)
            for leg in self.agents
        )
        return "offered" if rang or last.result in ("moved", "bridged") else "queued"

    def _hung_up_by(self, outcome: str) -> str:
        assert self.far is not None
        if self.far.hung_up or outcome == "abandoned":
            return "caller"
        if self.codes & {"refused", "closed", "full"} or self.far.end_state != "completed":
            return "carrier" if self.far.end_state == "failed" else "system"
        if self.far.put_out or any(leg.hung_up for leg in self.agents):
            return "agent"
        return "unknown"

    def _wait(self, story: Story, end: datetime) -> float | None:
        if story.queued_at is None:
            return None
        left = self.stays[-1].left_at
        return max(0.0, _lasted(story.queued_at, story.bridged_at or left or end))

    def _ring(self) -> float | None:
        rung = [
            _lasted(leg.ringing_at or leg.placed_at, leg.answered_at)
            for leg in sorted(self.agents, key=lambda leg: leg.placed_at)
            if leg.answered_at is not None
        ]
        return max(0.0, rung[0]) if rung and self.together else None

    def _spoke(self, end: datetime) -> set[str]:
        """The agents who spoke with the customer; who fetched the call back is one."""
        return {
            self.people.get(party, party)
            for party, leg in self.legs.items()
            if leg.role == "agent" and self._talked(leg, end)
        }

    def _talked(self, leg: LegStory, end: datetime) -> bool:
        spans = leg.present or ((Span(leg.answered_at, leg.ended_at),) if leg.answered_at else ())
        return bool(common(self.here, union(until(spans, end))))


def _said_bridged(one: Evidence) -> bool:
    return one.kind == "queue" and RESULTS.get(one.word) == "bridged"


def _lasted(begin: datetime, end: datetime) -> float:
    return round((end - begin).total_seconds(), 3)

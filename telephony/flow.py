"""What a caller hears next, and what is decided with it: pure.

A step's name holds everything that is known by then, `menu.zh.2` the menu in Chinese, second try;
so a request that comes twice is answered alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from core.callers import NOBODY, KnownCaller
from telephony.flow_document import Entry, Flow
from telephony.script import (
    Enqueue,
    Gather,
    HangUp,
    Leave,
    Node,
    Pause,
    Record,
    Say,
    Script,
    Step,
)

FAILED = ("error", "system-error")
FULL = "queue-full"
OFFERS = ("failed", "full", "closed")
"""Words in which there is a call-back or a message instead of an agent."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Something to be kept. `word`: greeted, consent, closed, full, callback, message or enqueue.

    `basis`: of a consent to be recorded: announced, agreed or refused.
    """

    word: str
    queue: str = ""
    priority: int = 0
    skills: tuple[str, ...] = ()
    language: str | None = None
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """What the flow is told. `emergency`: words by column of a language, while it is on.

    `full`: queues that take nobody more. `queue`, `language`: of the caller who waits there;
    `ahead`: how many come first; `wait_s`: how long that takes, where it is known. `entered`: how
    often the caller has come to a queue.
    """

    now: datetime
    zone: ZoneInfo
    emergency: Mapping[str, str] | None = None
    full: frozenset[str] = frozenset()
    caller: KnownCaller = NOBODY
    withheld: bool = False
    language: str | None = None
    ahead: int | None = None
    wait_s: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A script, and what was decided with it."""

    script: Script
    decided: tuple[Decision, ...] = ()


def answer(flow: Flow, step: Step, now: Situation) -> Answer:
    """What is next for a caller who has come to `step`. A step of another flow starts anew."""
    name, *rest = step.name.split(".")
    short = flow.language(rest[0]).short if rest else flow.short_of(now.language)
    known = _Known(flow, now, short)
    match name:
        case "language":
            return known.language_chosen(step.digits, _number(rest, 0))
        case "consent":
            return known.consented(step.digits)
        case "menu":
            return known.chosen(step.digits, _number(rest, 1))
        case "outage":
            return known.outage_answered(step.digits, rest[1] if len(rest) > 1 else flow.default)
        case "offer":
            return known.offered(step.digits, _number(rest, 1), _offered(rest))
        case "recorded":
            return Answer((known.say("thanks"), HangUp()), (Decision("message"),))
        case "wait":
            return known.waiting()
        case "waiting":
            return known.waited(step.digits)
        case "left":
            return known.called_back()
        case "queue":
            return known.out_of_queue(str((step.more or {}).get("QueueResult", "")))
    return known.greeting()


def _number(rest: list[str], place: int) -> int:
    return int(rest[place]) if len(rest) > place and rest[place].isdecimal() else 1


def _offered(rest: list[str]) -> str:
    return rest[2] if len(rest) > 2 and rest[2] in OFFERS else OFFERS[0]


@dataclass(frozen=True, slots=True)
class _Known:
    """One caller at one step, speaking the language of the column `short`."""

    flow: Flow
    now: Situation
    short: str

    @property
    def language(self) -> str:
        return self.flow.language(self.short).code

    def say(self, words: str, **values: object) -> Say:
        return Say(self.flow.said(words, self.short, **values), self.language)

    def gather(self, step: str, *prompts: Say) -> Gather:
        return Gather(step, prompts, digits=1, timeout_s=self.flow.answer_s)

    def greeting(self) -> Answer:
        """Who we are, that we record, and what everybody has to hear."""
        every = [_Known(self.flow, self.now, one.short) for one in self.flow.languages]
        nodes: list[Node] = [one.say("welcome") for one in every]
        if self.flow.consent == "announce":
            nodes += [one.say("recorded") for one in every]
        emergency = self.now.emergency or {}
        nodes += [
            Say(emergency[one.short], one.language) for one in every if one.short in emergency
        ]
        decided = [Decision("greeted")]
        if self.flow.consent == "announce":
            decided.append(Decision("consent", basis="announced"))
        if not self.flow.is_open(self.now.now, self.now.zone):
            decided.append(Decision("closed"))
        if len(every) == 1:
            more = self.entrance()
        else:
            more = Answer((self._languages(1, [one.say("language") for one in every]),))
        return Answer((*nodes, *more.script), tuple(decided))

    def _languages(self, attempt: int, prompts: list[Say]) -> Gather:
        return self.gather(f"language.{attempt}", *prompts)

    def language_chosen(self, key: str, attempt: int) -> Answer:
        chosen = {str(n): one.short for n, one in enumerate(self.flow.languages, start=1)}
        if key in chosen:
            return _Known(self.flow, self.now, chosen[key]).entrance()
        every = [_Known(self.flow, self.now, one.short) for one in self.flow.languages]
        if attempt >= self.flow.tries:
            return every[0].entrance()
        return Answer((self._languages(attempt + 1, [one.say("language") for one in every]),))

    def entrance(self) -> Answer:
        """The menu, after the question about the recording where there is one."""
        if self.flow.consent != "ask":
            return self.menu(1)
        return Answer((self.gather(f"consent.{self.short}", self.say("consent")),))

    def consented(self, key: str) -> Answer:
        """Only this key is a yes; another and none are a no."""
        agreed = key == self.flow.consent_key
        more = self.menu(1, None if agreed else "not_recorded")
        decision = Decision("consent", basis="agreed" if agreed else "refused")
        return Answer(more.script, (decision, *more.decided))

    def menu(self, attempt: int, before: str | None = None) -> Answer:
        """The menu, or what there is outside the hours."""
        said = (self.say(before),) if before else ()
        if not self.flow.is_open(self.now.now, self.now.zone):
            return Answer((*said, *self._offer("closed")))
        return Answer((self.gather(f"menu.{self.short}.{attempt}", *said, self.say("menu")),))

    def chosen(self, key: str, attempt: int) -> Answer:
        entry = self.flow.entry(key)
        if entry is None:
            if attempt < self.flow.tries:
                return self.menu(attempt + 1, "invalid" if key else "silent")
            entry = self.flow.entry(self.flow.default)
            assert entry is not None
        outage = self.now.caller.outage
        if entry.outage and outage is not None and outage.orders >= self.flow.outage_from:
            return self._outage(entry)
        return self.enqueue(entry)

    def _outage(self, entry: Entry) -> Answer:
        outage = self.now.caller.outage
        said = [self.say("outage")]
        if outage is not None and outage.crew_at is not None and outage.crew_at > self.now.now:
            local = outage.crew_at.astimezone(self.now.zone)
            said.append(self.say("crew_at", time=f"{local:%H:%M}"))
        step = f"outage.{self.short}.{entry.key}"
        return Answer((self.gather(step, *said, self.say("outage_menu")),))

    def outage_answered(self, key: str, entry_key: str) -> Answer:
        if key == self.flow.callback_key:
            return self.called_back()
        hazard = self.flow.hazard if key == self.flow.hazard_key else None
        entry = hazard or self.flow.entry(entry_key) or self.flow.entries[0]
        return self.enqueue(entry)

    def enqueue(self, entry: Entry) -> Answer:
        """To the queue; where that is full, a call-back or a message."""
        if entry.queue in self.now.full and not entry.hazard:
            return Answer(self._offer("full"), (Decision("full"),))
        more = self.flow.importance.get(self.now.caller.importance or "", 0)
        decision = Decision(
            "enqueue", entry.queue, entry.priority + more, entry.skills, self.language
        )
        return Answer((self.say("queued"), Enqueue(entry.queue, self.short)), (decision,))

    def _offer(self, words: str, attempt: int = 1, before: str | None = None) -> Script:
        """What there is where no agent is, one of OFFERS."""
        said = (self.say(before),) if before else ()
        return (self.gather(f"offer.{self.short}.{attempt}.{words}", *said, self.say(words)),)

    def offered(self, key: str, attempt: int, words: str) -> Answer:
        if key == self.flow.callback_key:
            return self.called_back()
        if key == self.flow.message_key:
            record = Record(f"recorded.{self.short}", max_s=self.flow.message_max_s)
            return Answer((self.say("message"), record))
        entry = self.flow.entry(key)
        if entry is not None and entry.always:
            return self.enqueue(entry)
        if attempt < self.flow.tries:
            return Answer(self._offer(words, attempt + 1, "invalid" if key else "silent"))
        return Answer((self.say("goodbye"), HangUp()))

    def called_back(self) -> Answer:
        """We call back; nobody can where the number is withheld."""
        if self.now.withheld:
            return Answer((self.say("no_number"), self.say("goodbye"), HangUp()))
        return Answer(
            (self.say("called_back"), HangUp()), (Decision("callback", language=self.language),)
        )

    def waiting(self) -> Answer:
        """Where the caller stands, and another way than waiting."""
        said: list[Say] = []
        if self.now.ahead:
            said.append(self.say("position", ahead=self.now.ahead))
        if self.now.wait_s is not None and self.now.wait_s >= 60:
            said.append(self.say("minutes", minutes=round(self.now.wait_s / 60)))
        withheld = self.now.withheld and "wait_withheld" in self.flow.words
        said.append(self.say("wait_withheld" if withheld else "wait"))
        return Answer((self.gather(f"waiting.{self.short}", *said),))

    def waited(self, key: str) -> Answer:
        """Only who asks to be called back leaves; whose number is withheld stays."""
        if key != self.flow.callback_key:
            return Answer((Pause(self.flow.wait_pause_s),))
        if self.now.withheld:
            return Answer((self.say("no_number"), Pause(self.flow.wait_pause_s)))
        return Answer((Leave(),))

    def out_of_queue(self, result: str) -> Answer:
        if result == FULL:
            return Answer(self._offer("full"), (Decision("full"),))
        return Answer(self._offer("failed") if result in FAILED else (HangUp(),))

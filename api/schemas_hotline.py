"""Answers of the API about the hotline's figures. Lengths of time are seconds."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from api.schemas import RATE, Body, OneLine
from api.schemas_agents import Word
from telephony.numbers import E164

By = Literal["total", "queue", "agent", "quarter", "day"]
Reading = Literal["short_out", "short_in"]


class HotlineRule(BaseModel):
    """What is measured by."""

    answer_s: float = Field(description="The service level counts calls answered within so long.")
    target: float = Field(description="Share that the service level should reach.")
    reading: Reading = Field(
        description="`short_out`: who gave up at once is left out; `short_in`: counts as unserved."
    )
    repeat_s: float = Field(description="So soon after one of the same number: a repeat.")
    short_s: float = Field(description="Who gives up within so long gives up at once.")


class HotlineLine(BaseModel):
    """Figures of a group of callers' calls. Each `…_judged` is the population of what it follows,
    each `…_unjudged` what could not be judged. docs/hotline.md defines them all.
    """

    key: str = Field(description="Code of the queue, local beginning of the quarter hour or day.")
    key_zh: str
    key_en: str
    calls: int
    outcomes: dict[str, int] = Field(description="Every call once; `open`, `unknown` beside.")
    offered: int = Field(description="Came to a queue that took them.")
    waiting: int
    answered: int
    answered_in_time: int
    abandoned: int = Field(description="Gave up after they were offered, the short ones included.")
    abandoned_short: int
    abandoned_before: int = Field(description="Gave up before they came to a queue.")
    service_level: float | None = Field(description="In the reading of the rule.")
    service_level_short_out: float | None
    service_level_short_in: float | None
    service_judged: int
    service_unjudged: int
    abandonment: float | None = Field(description="Share of offered calls, short ones left out.")
    asa_s: float | None = Field(description="Average speed of answer.")
    asa_judged: int
    asa_unjudged: int
    longest_wait_s: float | None
    talk_s: float | None
    held_s: float | None
    wrap_up_s: float | None
    handle_s: float | None = Field(description="Mean of talk, hold and after-call work together.")
    handle_judged: int
    handle_unjudged: int
    transfers: int
    transferred: int = Field(description="Calls with at least one transfer.")
    repeats: int
    repeat_judged: int
    repeat_unjudged: int = Field(description="Calls whose number was withheld.")
    callbacks: int
    callbacks_done: int
    callbacks_failed: int
    callbacks_cancelled: int
    callbacks_pending: int
    worked_s: float | None = Field(description="Of agents; null by queue, as they serve several.")
    staffed_s: float | None
    break_s: float | None
    occupancy: float | None


class HotlineAgent(BaseModel):
    """Figures of one agent; calls are those that began in the period, times lie within it."""

    key: str
    name: str
    offered: int = Field(description="How often the agent was reserved for somebody.")
    accepted: int
    declined: int
    no_answer: int
    calls: int
    handle_s: float | None = Field(description="Mean time on a call and after it.")
    handle_judged: int
    handle_unjudged: int
    on_call_s: float
    wrap_up_s: float
    ready_s: float
    break_s: float
    occupancy: float | None


class HotlineReport(BaseModel):
    """Calls of callers that came in [from, to), in groups."""

    by: By
    start: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    timezone: str
    rule: HotlineRule
    total: HotlineLine
    lines: list[HotlineLine] = Field(description="Empty for `total` and `agent`.")
    agents: list[HotlineAgent] = Field(description="Only for `agent`.")


class Waiter(BaseModel):
    """A caller who waits for an agent."""

    queue: str
    since: datetime


class AgentCounts(BaseModel):
    """How many agents are in each state."""

    available: int
    reserved: int
    on_call: int
    wrap_up: int
    on_break: int = Field(alias="break")
    offline: int


class Served(BaseModel):
    """Figures of the calls that came since `from`."""

    start: datetime = Field(alias="from")
    calls: int
    offered: int
    answered: int
    abandoned: int
    abandoned_short: int
    abandonment: float | None
    service_level: float | None
    service_judged: int
    service_unjudged: int
    asa_s: float | None
    longest_wait_s: float | None


class CarrierHealth(BaseModel):
    """How the carrier's reports come."""

    reports: int = Field(description="With a time of the carrier, in the last quarter of an hour.")
    lag_s: float | None = Field(description="Nineteen of twenty of them came within so long.")
    recovered: int = Field(description="Calls of today whose end had to be asked for.")


class FeedHeads(BaseModel):
    """Numbers of the last deltas of the live topics: where to follow them from."""

    calls: int
    agents: int


class Wallboard(BaseModel):
    """What the wall shows. It changes with the live topics `calls` and `agents`: fetch it then."""

    numbers: FeedHeads
    server_time: datetime
    rate: float = Field(description=RATE)
    timezone: str
    rule: HotlineRule
    waiting: list[Waiter] = Field(description="The longest first.")
    agents: AgentCounts
    announced_at: datetime | None = Field(
        description="Since when callers hear an emergency announcement."
    )
    callbacks_pending: int
    hour: Served
    day: Served
    carrier: CarrierHealth


class SkillNeed(Word):
    """A queue that asks for the skill. `level`: at first; a lower one may do after a wait."""

    level: int


class SkillWord(BaseModel):
    """A skill by which callers find their agent."""

    code: str
    needed_by: list[SkillNeed]


class StaffRow(BaseModel):
    """Somebody who may answer calls, or listen to them."""

    id: UUID
    login: str
    name: str
    answers: bool = Field(description="May answer calls; else only listen.")
    skills: dict[str, int]
    serves: list[str] = Field(
        description="Queues whose callers may come to the agent, at once or after a wait."
    )
    languages: list[str] = Field(description="BCP 47; none: every one.")
    phone: str | None


class LabelBody(Body):
    """What the number is called on screens."""

    label: Annotated[str, OneLine] = Field("", max_length=80, examples=["报修热线"])


class NumberBody(LabelBody):
    """A number that callers dial, to be registered as ours."""

    number: str = Field(pattern=E164, examples=["+861095598"], description="E.164.")


class HotlineNumber(BaseModel):
    """A number that callers dial, and that is ours."""

    id: UUID
    number: str = Field(description="E.164.")
    label: str
    sends: bool = Field(description="Our own calls and messages come from it.")


class HotlineStaff(BaseModel):
    """Who answers for the hotline, with skills and telephone, and the numbers that are ours."""

    people: list[StaffRow]
    skills: list[SkillWord]
    languages: list[str] = Field(description="BCP 47, as callers choose them.")
    numbers: list[HotlineNumber] = Field(description="The first that was registered first.")
    takes_unknown: bool = Field(
        description="The only organisation has the calls to numbers that nobody has registered."
    )

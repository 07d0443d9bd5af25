"""Bodies and answers of the API about guided questions."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api import examples_tickets as examples
from api.schemas import Body
from api.schemas_ticket_codes import Code


class Say(BaseModel):
    """One sentence in both languages."""

    zh: str
    en: str


class CodedWords(Say):
    code: str


class GuideChoice(BaseModel):
    """One answer, where it leads and what it means. `at_least`, `below`: range of a number."""

    code: str
    zh: str
    en: str
    next: str = Field(description="The next question, or `end`.")
    at_least: float | None
    below: float | None
    urgency: int | None = Field(description="At least this; of several the highest counts.")
    trade: str | None = Field(description="Of several the last counts.")
    skill: str | None
    customer_side: str | None
    hazard: str | None


class GuideQuestion(BaseModel):
    id: str
    kind: Literal["yes_no", "choice", "number"]
    zh: str
    en: str
    minimum: float | None
    maximum: float | None
    choices: list[GuideChoice]


class GuideAnswer(BaseModel):
    """The guide of a fault type as data: a graph of questions without circles."""

    code: str
    version: int
    urgency: int = Field(description="While nothing says otherwise.")
    trade: str
    first: str
    questions: list[GuideQuestion]
    hazards: list[CodedWords] = Field(description="Sentences to say to the caller.")
    customer_sides: list[CodedWords] = Field(description="Causes behind the meter.")
    skills: list[CodedWords]


class GuideBecause(BaseModel):
    """Which answer had which effect; an empty `question` is the state of the account."""

    question: str
    answer: str
    effect: Literal["urgency", "trade", "skill", "customer_side", "hazard"]
    value: str


class GuideOutcome(BaseModel):
    """What answers add up to."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.GUIDE_OUTCOME]})

    urgency: int
    trade: str
    skills: list[str]
    customer_side: list[str] = Field(description="Not empty: no vehicle is needed, by all signs.")
    advice: list[str] = Field(description="Hazards whose sentence the caller is told.")
    missing: str | None = Field(description="The question to ask next; null at the end.")
    asked: list[str]
    because: list[GuideBecause]


class GuidedBody(Body):
    """Answers to the guide: question → a choice's code, or a number."""

    fault_code: Code = Field(examples=["no_power_home"])
    answers: dict[Code, Annotated[str, Field(pattern="^[a-z0-9_.]{1,40}$")]] = Field(
        max_length=40, examples=[{"danger": "no", "neighbours": "lit", "own_breaker": "on"}]
    )

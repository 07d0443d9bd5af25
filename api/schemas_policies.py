"""Bodies and answers of the API about policies and calendars."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from api.schemas import Body, Moment
from api.schemas_guides import Say

Standing = Literal["in_force", "future", "superseded", "waiting", "disabled"]
PolicyCode = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,39}$")]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
Text = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200_000,
        description="TOML",
        examples=['code = "town"\nversion = 1\nname = { zh = "城区", en = "Town" }'],
    ),
]
Note = Annotated[str | None, Field(max_length=500, description="Why, for those who come later.")]


class PolicyRow(BaseModel):
    """One version of a policy."""

    code: str
    version: int
    name: Say
    state: Standing = Field(description="`waiting`: for confirmation of doubtful figures.")
    enabled: bool
    shipped: bool = Field(description="It came with Paidan.")
    covers: Literal["order", "ticket"] | None = Field(
        description="What begins under it by itself; null: it is for reports and what-if."
    )
    applies: Say | None = Field(description="On which conditions; empty words: on none.")
    priority: int
    statistic: str
    calendar: str | None
    calendar_known_until: int | None = Field(
        description="The last year whose holidays are known; later working days are not judged."
    )
    doubtful: list[str] = Field(description="Rules with figures remembered or from a quiz.")
    effective_from: str | None = Field(description="Null: always.")
    confirmed_by: str | None
    confirmed_at: str | None
    created_by: str | None
    created_at: str | None
    note: str | None


class PolicyList(BaseModel):
    server_time: str
    policies: list[PolicyRow]


class StatisticWords(Say):
    code: str


class FigureRow(BaseModel):
    """One figure and where it comes from."""

    part: str = Field(description="segments, total, goals or timers")
    code: str
    name: Say
    from_: str = Field(alias="from")
    to: str
    responsible: str
    limit: Say
    limit_s: float | None = Field(description="Null where working days decide.")
    when: Say
    statistic: StatisticWords | None
    source: str
    confidence: str
    doubtful: bool


class PolicyAnswer(PolicyRow):
    """One version with its text, its parts as data, and where each figure comes from."""

    document: str
    policy: dict[str, Any] = Field(description="The document as data, in the file's names.")
    figures: list[FigureRow]
    next_version: int = Field(description="The number that a changed text takes.")


class WrongRow(BaseModel):
    field: str
    line: int | None
    message: Say


class PolicyCheckBody(Body):
    document: Text


class PolicyCheckAnswer(BaseModel):
    """What is wrong with a document; where nothing is, what it says."""

    valid: bool
    errors: list[WrongRow]
    policy: dict[str, Any] | None
    doubtful: list[str]
    figures: list[FigureRow]


class PolicySide(Body):
    """A text, or a version that is kept."""

    document: Text | None = None
    code: PolicyCode | None = None
    version: Version | None = Field(None, description="Left out: the one in force, or the newest.")

    @model_validator(mode="after")
    def _one(self) -> "PolicySide":
        if (self.document is None) == (self.code is None):
            raise ValueError("either document or code")
        return self


class PolicyDiffBody(Body):
    before: PolicySide = Field(examples=[{"code": "beijing", "version": 1}])
    after: PolicySide = Field(examples=[{"code": "beijing"}])


class ChangeRow(BaseModel):
    """One field: `label` is what a person calls it, with codes in place of numbers in `field`."""

    kind: Literal["added", "removed", "changed"]
    field: str
    label: Say
    before: Say | None
    after: Say | None


class PolicyDiffAnswer(BaseModel):
    changes: list[ChangeRow]


class PolicyBody(Body):
    """A new version; the number is in the document."""

    document: Text
    effective_from: Moment | None = Field(None, description="Null: at once and always.")
    enabled: bool = Field(True, description="With doubtful figures it waits all the same.")
    note: Note = None


class YearRow(BaseModel):
    year: int
    source: str
    confidence: str


class RejudgingRow(BaseModel):
    """How far orders and tickets that run have been judged anew by this version."""

    judged: int
    cases: int | None = Field(description="Of how many; null: not counted yet.")
    ended_at: str | None


class CalendarRow(BaseModel):
    """One version of a calendar; the newest holds."""

    code: str
    version: int
    name: Say
    zone: str
    years: list[YearRow] = Field(description="Years whose holidays are known; none: no holidays.")
    shipped: bool
    created_by: str | None
    created_at: str | None
    note: str | None


class ListedCalendar(CalendarRow):
    rejudging: RejudgingRow | None = Field(description="Null: it came with Paidan.")


class CalendarList(BaseModel):
    calendars: list[ListedCalendar]


class CalendarAnswer(CalendarRow):
    document: str
    calendar: dict[str, Any] = Field(description="The document as data, in the file's names.")


class CalendarCheckAnswer(BaseModel):
    valid: bool
    errors: list[WrongRow]
    calendar: dict[str, Any] | None


class CalendarBody(Body):
    document: Text
    note: Note = None

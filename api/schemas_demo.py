"""Bodies and answers of the API about the demo city's desks."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from api import examples
from api.schemas import Body


class DeskBody(Body):
    login: str = Field(max_length=200, examples=["demo.east"])


class DeskRow(BaseModel):
    """A desk of the demo city that anybody may take."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.DEMO_DESK]})

    login: str
    role: Literal["agent", "shift_lead", "dispatcher", "crew", "supervisor", "administrator"]
    name_zh: str
    name_en: str
    what_zh: str = Field(description="What one does there, in a sentence.")
    what_en: str
    page: str = Field(description="Where it works.")

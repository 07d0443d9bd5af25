"""Bodies and answers of the API about the login and who is logged in."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api import examples
from api.schemas import RATE, Body, Named


class LoginBody(Body):
    login: str = Field(max_length=200, examples=["lead"])
    password: str = Field(max_length=500, examples=["correct horse battery staple"])


class OrganisationRow(Named):
    demo: bool = Field(description="A generated city; every screen says so.")


class UserUnit(Named):
    id: UUID
    kind: Literal["hotline", "centre", "department", "crew"]


class UserRow(BaseModel):
    id: UUID
    login: str
    name: str
    role: Literal["agent", "shift_lead", "dispatcher", "crew", "supervisor", "administrator"]
    unit: UserUnit
    scope: Literal["all", "centre", "crew"]
    rights: list[str]


class Me(BaseModel):
    """Who is logged in. Send `csrf_token` back as `X-CSRF-Token` with every write."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ME]})

    user: UserRow
    csrf_token: str
    server_time: datetime
    rate: float = Field(description=RATE)
    organisation: OrganisationRow

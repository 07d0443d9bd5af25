"""Bodies and answers of the API about the customer's page, its notes, and unmasking."""

from datetime import date, datetime
from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api import examples_privacy as examples
from api.schemas import Body, OneLine
from api.schemas_directory import ContactRow, Importance, OpenOrderRow, SupplyPointRow
from dispatch.directory.models import ACCOUNT_STATES, PHONE_USES
from dispatch.privacy.words import FIELDS, REASON_CODES

AccountState = Literal["active", "in_arrears", "suspended", "closed"]
Category = Literal["residential", "commercial", "industrial", "agricultural", "public"]
Voltage = Literal["0.4", "10", "35", "110"]
PhoneUse = Literal["owner", "electrician", "duty_room", "tenant", "other"]
Entity = Literal["customer", "phone", "premise", "ticket", "call", "order", "note"]
UnmaskReason = Literal["call_back", "find_site", "safety", "complaint", "data_check", "other"]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Short = Annotated[str, StringConstraints(min_length=1, max_length=200), OneLine]
assert get_args(AccountState) == ACCOUNT_STATES
assert get_args(PhoneUse) == PHONE_USES
assert get_args(Entity) == tuple(FIELDS)
assert get_args(UnmaskReason) == REASON_CODES


class UnmaskBody(Body):
    """Which masked value, and why."""

    entity: Entity = Field(examples=["phone"])
    id: UUID = Field(examples=[examples.PHONE_ID])
    field: Annotated[str, Field(pattern="^[a-z_]{1,40}$", examples=["number"])]
    reason_code: UnmaskReason = Field(examples=["call_back"])
    reason_text: Short | None = Field(None, description="Needed with the reason `other`.")


class Unmasked(BaseModel):
    """The value in clear, once; a repetition gives it until `until`."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.UNMASKED]})

    id: UUID = Field(description="Under which it is logged.")
    value: str | None
    value_en: str | None
    until: datetime = Field(description="Mask it again then.")


class Looker(BaseModel):
    id: UUID
    name: str
    role: str


class UnmaskingRow(BaseModel):
    """Somebody looked at a masked value."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.UNMASKING]})

    id: UUID
    at: datetime
    by: Looker
    entity: Entity
    entity_id: UUID
    number: str | None = Field(description="Of the account, premise, ticket or order.")
    customer_id: UUID | None = Field(description="Whose phone, note or premise it is.")
    field: str
    reason_code: UnmaskReason
    reason_text: str | None


class NoteBody(Body):
    words: Words = Field(examples=["门禁密码找物业值班室要"])
    pinned: bool = False


class PinBody(Body):
    pinned: bool = Field(examples=[True])


class HideBody(Body):
    reason: Short = Field(examples=["写错客户"])


class PhoneBody(Body):
    number: Annotated[str, Field(min_length=1, max_length=40, examples=["+8616412345678"])]
    used_by: PhoneUse = "owner"
    verified: bool = False


class VerifyBody(Body):
    verified: bool = Field(examples=[True])


class LanguageBody(Body):
    language: Annotated[str, Field(max_length=20, examples=["en"])]


class CorrectBody(Body):
    """Only what is named is changed."""

    name_zh: Short | None = Field(None, examples=["王晓雯"])
    name_en: Short | None = None
    importance: Importance | None = None
    account_state: AccountState | None = None


class NoteRow(BaseModel):
    """A note. `words` is null where it is hidden; then who hid it, when and why is told."""

    id: UUID
    by: str
    at: datetime
    words: str | None
    pinned: bool
    hidden_at: datetime | None
    hidden_by: str | None
    hidden_why: str | None


class PhoneRow(BaseModel):
    id: UUID
    number: str
    verified: bool
    used_by: PhoneUse
    language: str | None = Field(description="In which it gets messages; null: the usual one.")


class NoteRows(BaseModel):
    notes: list[NoteRow]


class PhoneRows(BaseModel):
    phones: list[PhoneRow]


class PastOrderRow(BaseModel):
    """An order about the account, open or closed."""

    id: UUID
    number: str
    state: str
    fault_code: str
    urgency: int
    filed_at: datetime
    place: str | None
    place_en: str | None


class OutageRow(BaseModel):
    """An order whose fault took the customer's power away."""

    order_id: UUID
    order_number: str
    fault_code: str
    because: Literal["customer", "premise", "transformer"] = Field(
        description="Told by the customer, of the whole premise, of the transformer's area."
    )
    began_at: datetime = Field(description="The first time that it was told.")
    ended_at: datetime | None = Field(description="Restored; empty: not yet, or not known.")


class AccountRow(BaseModel):
    """An account."""

    id: UUID
    number: str = Field(description="The account number.")
    name_zh: str
    name_en: str | None
    importance: Importance
    account_state: AccountState
    category: Category
    voltage: Voltage = Field(description="kV")
    contract_kva: float | None = Field(description="合同容量")
    running_kva: float | None = Field(description="运行容量")
    commissioned_on: date | None


class CustomerOrderRow(OpenOrderRow):
    """An open order; of one that is kept for later, when it begins and for when it was agreed."""

    appointment_at: datetime | None
    begins_at: datetime | None


class CustomerTicketRow(ContactRow):
    """A ticket of the account. Number, state and words are empty where you may not see it."""

    number: str | None
    state: str | None = Field(description="Of the ticket.")
    words: str | None


class CustomerAnswer(AccountRow):
    """One customer in full. Lists hold the newest 20; names, phones, addresses may be masked."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CUSTOMER_PAGE]})

    phones: list[PhoneRow] = Field(description="In the order of calling.")
    points: list[SupplyPointRow]
    open_orders: list[CustomerOrderRow]
    orders: list[PastOrderRow]
    tickets: list[CustomerTicketRow]
    calls: list[ContactRow]
    outages: list[OutageRow] = Field(description="The newest 20 that reached it, as orders tell.")
    notes: list[NoteRow]


class CustomerBrief(BaseModel):
    """A line about a customer."""

    id: UUID
    number: str
    name_zh: str
    name_en: str | None
    importance: Importance
    account_state: AccountState
    address_zh: str | None
    address_en: str | None
    region: str | None = Field(description="Its short code.")

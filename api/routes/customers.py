"""Customers: the page of one, lines of several, notes, phones, corrections."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from api.deps import Need, Writer, writer
from api.schemas_privacy import (
    CorrectBody,
    CustomerAnswer,
    CustomerBrief,
    HideBody,
    LanguageBody,
    NoteBody,
    NoteRows,
    PhoneBody,
    PhoneRows,
    PinBody,
    VerifyBody,
)
from core.db import read_session
from core.identity import Principal
from core.rights import Right
from core.uow import UnitOfWork
from dashboards.customer_page import briefs, customer_page, note_rows, phone_rows
from dashboards.seen import viewer_of
from dispatch.directory import corrections
from dispatch.privacy import notes

router = APIRouter(tags=["customers"], prefix="/api/customers")
Viewer = Annotated[Principal, Depends(Need(Right.DIRECTORY_VIEW))]
Editor = Annotated[Writer, writer(Right.DIRECTORY_EDIT)]
MOST_BRIEFS = 20


@router.get("", response_model=list[CustomerBrief])
def customers(
    principal: Viewer,
    id: Annotated[
        list[UUID], Query(min_length=1, max_length=MOST_BRIEFS, description="May be repeated.")
    ],
) -> list[dict[str, Any]]:
    """A line about each of these customers, in the order asked; unknown ones are left out."""
    viewer = viewer_of(principal)
    with read_session() as session:
        return briefs(session, principal.org_id, id, viewer.eyes, viewer.access)


@router.get("/{customer_id}", response_model=CustomerAnswer)
def customer(principal: Viewer, customer_id: UUID) -> dict[str, Any]:
    """One customer: account, phones, places and line, what is open, what was, notes."""
    viewer = viewer_of(principal)
    with read_session() as session:
        return customer_page(session, principal.org_id, customer_id, viewer.eyes, viewer.access)


@router.post("/{customer_id}/correct", response_model=CustomerAnswer)
def correct(customer_id: UUID, body: CorrectBody, write: Editor) -> JSONResponse:
    """Put facts of the account right. Only the names of the fields are recorded as an event."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        corrections.correct(uow, customer_id, body.model_dump(exclude_none=True))
        uow.flush()
        eyes = viewer_of(write.principal).eyes
        page = customer_page(uow.session, uow.org_id, customer_id, eyes)
        return CustomerAnswer.model_validate(page).model_dump(mode="json")

    return write.run(body, act)


def _notes_after(uow: UnitOfWork, customer_id: UUID, principal: Principal) -> dict[str, Any]:
    uow.flush()
    eyes = viewer_of(principal).eyes
    return {"notes": note_rows(uow.session, uow.org_id, customer_id, eyes)}


@router.post("/{customer_id}/notes", status_code=201, response_model=NoteRows)
def add_note(customer_id: UUID, body: NoteBody, write: Editor) -> JSONResponse:
    """Write a note about the customer. The answer is all of its notes."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        notes.add_note(uow, customer_id, body.words, pinned=body.pinned)
        return _notes_after(uow, customer_id, write.principal)

    return write.run(body, act, status=201)


@router.post("/{customer_id}/notes/{note_id}/pin", response_model=NoteRows)
def pin_note(customer_id: UUID, note_id: UUID, body: PinBody, write: Editor) -> JSONResponse:
    """Put a note above the others, or back among them."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        notes.pin_note(uow, customer_id, note_id, pinned=body.pinned)
        return _notes_after(uow, customer_id, write.principal)

    return write.run(body, act)


@router.post("/{customer_id}/notes/{note_id}/hide", response_model=NoteRows)
def hide_note(customer_id: UUID, note_id: UUID, body: HideBody, write: Editor) -> JSONResponse:
    """Show a note no longer. Who hid it, when and why is told in its place."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        notes.hide_note(uow, customer_id, note_id, body.reason)
        return _notes_after(uow, customer_id, write.principal)

    return write.run(body, act)


def _phones_after(uow: UnitOfWork, customer_id: UUID, principal: Principal) -> dict[str, Any]:
    uow.flush()
    eyes = viewer_of(principal).eyes
    return {"phones": phone_rows(uow.session, uow.org_id, customer_id, eyes)}


@router.post("/{customer_id}/phones", status_code=201, response_model=PhoneRows)
def add_phone(customer_id: UUID, body: PhoneBody, write: Editor) -> JSONResponse:
    """One more phone, in any format. The answer is all of the customer's phones."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        corrections.add_phone(uow, customer_id, body.number, body.used_by, verified=body.verified)
        return _phones_after(uow, customer_id, write.principal)

    return write.run(body, act, status=201)


@router.post("/{customer_id}/phones/{phone_id}/verify", response_model=PhoneRows)
def verify_phone(
    customer_id: UUID, phone_id: UUID, body: VerifyBody, write: Editor
) -> JSONResponse:
    """The phone is known to be the customer's, or no longer so."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        corrections.verify_phone(uow, customer_id, phone_id, verified=body.verified)
        return _phones_after(uow, customer_id, write.principal)

    return write.run(body, act)


@router.post("/{customer_id}/phones/{phone_id}/language", response_model=PhoneRows)
def set_language(
    customer_id: UUID, phone_id: UUID, body: LanguageBody, write: Editor
) -> JSONResponse:
    """Messages to the phone are in this language from now on."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        corrections.set_language(uow, customer_id, phone_id, body.language)
        return _phones_after(uow, customer_id, write.principal)

    return write.run(body, act)


@router.post("/{customer_id}/phones/{phone_id}/remove", response_model=PhoneRows)
def remove_phone(customer_id: UUID, phone_id: UUID, write: Editor) -> JSONResponse:
    """The phone is the customer's no more; its number is erased from the directory."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        corrections.remove_phone(uow, customer_id, phone_id)
        return _phones_after(uow, customer_id, write.principal)

    return write.run(None, act)

"""Notes on customers: write one, pin it, hide it with a reason."""

from dataclasses import dataclass, replace
from uuid import UUID

from core import events as ev
from core.errors import NotFound
from core.ids import new_id
from core.recorded import Recorded
from core.uow import UnitOfWork
from dispatch.directory.repository import has_customer
from dispatch.privacy import repository
from dispatch.privacy.models import CustomerNote


@dataclass(frozen=True, slots=True)
class NoteState:
    """What the events say of a note."""

    pinned: bool
    hidden: bool = False


def evolve_notes(state: dict[UUID, NoteState], event: Recorded) -> dict[UUID, NoteState]:
    """The notes of a customer after one more event of its stream. Pure."""
    payload = event.payload
    if isinstance(payload, ev.CustomerNoteAdded):
        return {**state, payload.note_id: NoteState(payload.pinned)}
    if isinstance(payload, ev.CustomerNotePinned):
        return {**state, payload.note_id: replace(state[payload.note_id], pinned=payload.pinned)}
    if isinstance(payload, ev.CustomerNoteHidden):
        return {**state, payload.note_id: replace(state[payload.note_id], hidden=True)}
    return state


def add_note(uow: UnitOfWork, customer_id: UUID, words: str, *, pinned: bool) -> UUID:
    """Write a note. Raises NotFound where there is no such customer."""
    author_id = uow.actor.user_id
    assert author_id is not None, "only people write notes"
    if not has_customer(uow.session, uow.org_id, customer_id):
        raise NotFound(what="customer", id=customer_id)
    note = CustomerNote(
        org_id=uow.org_id,
        id=new_id(),
        customer_id=customer_id,
        author_id=author_id,
        noted_at=uow.now,
        words=words,
        pinned=pinned,
    )
    uow.session.add(note)
    uow.emit(customer_id, ev.CustomerNoteAdded(note_id=note.id, pinned=pinned), source="agent")
    return note.id


def pin_note(uow: UnitOfWork, customer_id: UUID, note_id: UUID, *, pinned: bool) -> None:
    """Put a note above the others, or back among them. The same again changes nothing."""
    note = repository.note_of(uow.session, uow.org_id, customer_id, note_id, lock=True)
    if note.pinned == pinned:
        return
    note.pinned = pinned
    uow.emit(customer_id, ev.CustomerNotePinned(note_id=note_id, pinned=pinned), source="agent")


def hide_note(uow: UnitOfWork, customer_id: UUID, note_id: UUID, why: str) -> None:
    """Show a note no longer. That it was there, who hid it and why stays to be seen."""
    note = repository.note_of(uow.session, uow.org_id, customer_id, note_id, lock=True)
    note.hidden_at = uow.now
    note.hidden_by = uow.actor.user_id
    note.hidden_why = why
    uow.emit(customer_id, ev.CustomerNoteHidden(note_id=note_id), source="agent")

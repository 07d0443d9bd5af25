"""Callers whom nobody has spoken with become work: they are called back."""

from core import events as ev
from core.recorded import Recorded
from core.uow import UnitOfWork
from telephony import caller_repository as repository
from telephony.models import Call
from telephony.routing import callbacks

MISSED = "calls.missed"
REASONS = {
    "abandoned": "abandoned",
    "queue_full": "missed",
    "overflowed": "missed",
    "message": "missed",
    "failed": "missed",
}
"""Outcome of a call → why its caller is called back. Who wished it has asked already, and who
called outside the hours has heard when we answer."""
AGAIN = 3
"""A caller who tries again and again is called sooner: one step for each call, at most so many."""


def concluded(uow: UnitOfWork, event: Recorded) -> None:
    """Subscriber of `call.concluded`. May run twice; the call is read as it is now.

    Nobody is called back who gave up at once, has got through since, or is on the line again.
    """
    assert isinstance(event.payload, ev.CallConcluded)
    call = uow.session.get_one(Call, (uow.org_id, event.stream_id))
    if call.direction != "inbound" or not can_be_called(call.from_number):
        return
    if call.outcome == "answered":
        _settled(uow, call)
        return
    reason = REASONS.get(call.outcome or "")
    if reason is None or call.short or repository.was_called_back(uow.session, call):
        return
    if repository.came_through_later(uow.session, call):
        return
    stay = repository.last_stay(uow.session, uow.org_id, call.id)
    tries = repository.earlier_misses(uow.session, call, uow.now)
    callbacks.ask(
        uow,
        number=call.from_number,
        hotline=call.to_number,
        reason=reason,
        queue=stay.queue if stay else "hotline",
        since=stay.entered_at if stay else call.opened_at,
        priority=(stay.priority if stay else 0) + min(tries, AGAIN),
        language=call.language,
        from_call_id=call.id,
    )


def can_be_called(number: str) -> bool:
    """Whether the carrier has told a number; it may be withheld."""
    return number.startswith("+") and number[1:].isdecimal()


def _settled(uow: UnitOfWork, call: Call) -> None:
    """Who has been spoken with needs no call any more that nobody had promised."""
    found = repository.unpromised(uow.session, call)
    if found is not None:
        callbacks.cancel(uow, found)

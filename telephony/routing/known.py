"""Skills and languages that something asks for: what nobody asks for is a slip of the pen."""

from collections.abc import Collection
from uuid import UUID

from core.errors import FieldError, InvalidFields
from core.uow import UnitOfWork
from telephony import repository as telephony
from telephony.flow_document import FlowInvalid
from telephony.flow_files import flow_of
from telephony.routing import repository
from telephony.routing.queues import plan


def check_known(
    uow: UnitOfWork, user_id: UUID, skills: Collection[str], languages: Collection[str]
) -> None:
    """Refuse skills that no queue and no menu asks for, and languages that no flow speaks.

    What this person has already may stay. While a flow's file cannot be read, nothing is refused:
    it may be there that they stand. Raises InvalidFields.
    """
    try:
        numbers = [one.number for one in telephony.numbers_of(uow.session, uow.org_id)]
        flows = [flow_of(one) for one in numbers or [""]]
    except FlowInvalid:
        return
    agent = repository.agent_locked(uow.session, uow.org_id, user_id, uow.now)
    has = repository.skills_of(uow.session, uow.org_id, [user_id])[user_id]
    speaks = set(agent.languages) if agent else set()
    asked = {skill for one in plan().queue for skill in one.skills}
    asked |= {skill for flow in flows for entry in flow.entries for skill in entry.skills}
    spoken = {one.code for flow in flows for one in flow.languages}
    wrong = [
        *_unknown("body.skills", skills, asked | has.keys(), asked),
        *_unknown("body.languages", languages, spoken | speaks, spoken),
    ]
    if wrong:
        raise InvalidFields(wrong)


def _unknown(
    field: str, given: Collection[str], known: Collection[str], offered: Collection[str]
) -> list[FieldError]:
    words = ", ".join(sorted(offered))
    return [
        FieldError(f"{field}.{one}", f"is not one of {words}", f"不在 {words} 之中")
        for one in given
        if one not in known
    ]

"""Who answers for the hotline: skills, languages and telephones, and the numbers that are ours."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.models import User
from core.rights import Right, Role, rights_of
from telephony import messages, repository
from telephony.flow_document import Flow
from telephony.flow_files import flow_of
from telephony.models import PhoneNumber
from telephony.routing.matching import serves
from telephony.routing.models import Agent
from telephony.routing.queues import Plan, plan
from telephony.routing.repository import skills_of


def staff(session: Session, org_id: int) -> dict[str, Any]:
    """Everybody in use who may answer or listen, by name, with all that can be set."""
    numbers = repository.numbers_of(session, org_id)
    sender = messages.sender(session, org_id)
    people = _people(session, org_id)
    flows = [flow_of(one.number) for one in numbers] or [flow_of("")]
    return {
        "people": people,
        "skills": _skills(plan(), flows, (skill for one in people for skill in one["skills"])),
        "languages": list(dict.fromkeys(one.code for flow in flows for one in flow.languages)),
        "numbers": [_number(one, sender) for one in numbers],
        "takes_unknown": repository.organisations_of_numbers(session, [])[1] == org_id,
    }


def number(session: Session, row: PhoneNumber) -> dict[str, Any]:
    """A number that is ours."""
    return _number(row, messages.sender(session, row.org_id))


def _number(row: PhoneNumber, sender: str | None) -> dict[str, Any]:
    sends = row.number == sender
    return {"id": str(row.id), "number": row.number, "label": row.label, "sends": sends}


def _people(session: Session, org_id: int) -> list[dict[str, Any]]:
    query = (
        select(User, Agent)
        .outerjoin(Agent, (Agent.org_id == User.org_id) & (Agent.user_id == User.id))
        .where(User.org_id == org_id, User.active)
        .order_by(User.name, User.id)
    )
    found = [
        (user, agent, rights)
        for user, agent in session.execute(query)
        if {Right.CALL_ANSWER, Right.CALL_SUPERVISE} & (rights := rights_of(Role(user.role)))
    ]
    skills = skills_of(session, org_id, [user.id for user, *_ in found])
    return [
        {
            "id": str(user.id),
            "login": user.login,
            "name": user.name,
            "answers": Right.CALL_ANSWER in rights,
            "skills": dict(sorted(skills[user.id].items())),
            "serves": serves(skills[user.id], plan()),
            "languages": agent.languages if agent else [],
            "phone": agent.endpoint if agent else None,
        }
        for user, agent, rights in found
    ]


def _skills(rule: Plan, flows: Iterable[Flow], known: Iterable[str]) -> list[dict[str, Any]]:
    """Skills that queues ask for, then those of the menu, then those that somebody has besides."""
    asked = [skill for one in rule.queue for skill in one.skills]
    menu = [skill for flow in flows for entry in flow.entries for skill in entry.skills]
    return [
        {
            "code": skill,
            "needed_by": [
                {"code": one.code, "zh": one.name_zh, "en": one.name_en, "level": one.skills[skill]}
                for one in rule.queue
                if skill in one.skills
            ],
        }
        for skill in dict.fromkeys([*asked, *menu, *sorted(known)])
    ]

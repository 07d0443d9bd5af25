"""Telephones and skills of those who answer in the demo city; made once, beside their logins."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from api.demo.account import AGENTS
from core.clock import now
from core.models import User
from core.rights import Role
from telephony.routing.models import Agent, AgentSkill

SKILLS = (
    {"general": 3, "fault": 4, "enquiry": 2},
    {"general": 3, "fault": 3, "enquiry": 4},
    {"general": 5, "fault": 5, "enquiry": 3},
)
ANSWER = (Role.AGENT, Role.SHIFT_LEAD, Role.SUPERVISOR)
"""Agents and leads answer; supervisors need a telephone to listen."""


def add_desk_phones(session: Session, org_id: int) -> None:
    """A telephone for each of them who has none yet; who answers gets skills with it."""
    query = select(User).where(User.org_id == org_id, User.role.in_([one.value for one in ANSWER]))
    people = session.scalars(query.order_by(User.login)).all()
    for place, user in enumerate(people):
        row = {
            "org_id": org_id,
            "user_id": user.id,
            "state": "offline",
            "since": now(),
            "idle_since": now(),
            "endpoint": f"{AGENTS}{place + 1:05d}",
        }
        made = insert(Agent).values(row).on_conflict_do_nothing().returning(Agent.user_id)
        if session.scalar(made) is None or user.role == Role.SUPERVISOR.value:
            continue
        skills = SKILLS[place % len(SKILLS)]
        session.add_all(
            AgentSkill(org_id=org_id, user_id=user.id, skill=name, level=level)
            for name, level in skills.items()
        )

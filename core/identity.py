"""Who acts: a person with a role and a place in the organisation, or a part of the system."""

from dataclasses import dataclass
from uuid import UUID

from core.rights import Right, Role, Scope, rights_of


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something. `kind` is `user`, or the name of a part: gps, sla, carrier, import."""

    org_id: int
    kind: str
    user_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """Which records: all of the organisation, or those of one centre or crew (`unit_id`)."""

    scope: Scope
    unit_id: UUID | None = None


EVERYTHING = Access(Scope.ALL)


@dataclass(frozen=True, slots=True)
class Principal:
    """A logged-in person. `unit_id` bounds what a centre or crew may see."""

    org_id: int
    user_id: UUID
    session_id: UUID
    login: str
    name: str
    role: Role
    unit_id: UUID
    csrf_token: str

    @property
    def actor(self) -> Actor:
        return Actor(self.org_id, "user", self.user_id)

    @property
    def access(self) -> Access:
        return Access(self.role.scope, self.unit_id)

    def may(self, right: Right) -> bool:
        return right in rights_of(self.role)


def system_actor(org_id: int, part: str) -> Actor:
    """The actor for what `part` (gps, sla, carrier, import, engine) does by itself."""
    return Actor(org_id, part)

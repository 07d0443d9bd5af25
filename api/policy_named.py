"""The policy that a request names."""

from core.clock import now
from core.db import read_session
from core.errors import InvalidField
from core.identity import Principal
from dashboards.reports.named import Named, named_policy
from sla.documents import PolicyUnknown


def policy_named(principal: Principal, name: str, field: str) -> Named:
    """One that the organisation keeps, never a file of the server. Raises InvalidField."""
    try:
        with read_session() as session:
            return named_policy(session, principal.org_id, name, now())
    except PolicyUnknown as error:
        raise InvalidField(field, error.sentence("en"), error.sentence("zh")) from error

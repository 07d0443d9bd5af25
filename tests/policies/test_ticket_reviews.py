"""A ticket's breach is reviewed as an order's is: who had it, appeal, ruling, figures, its page."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from api.verify import verify
from core.clock import now
from core.db import read_session
from dispatch.starter import ORG_ID
from sla import service as sla
from tests.office import Office


@contextmanager
def earlier(hours: float) -> Iterator[None]:
    """What is done here was done so long ago."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.uow.clock_now", lambda: now() - timedelta(hours=hours))
        yield


def late_complaint(office: Office) -> dict[str, Any]:
    """Filed 30 hours ago, passed on to the east centre after one; to be contacted within 24."""
    agent = office.person("agent")
    body = {"channel": "web", "kind": "complaint", "description": "停电两天没人来"}
    with earlier(30):
        ticket: dict[str, Any] = agent.post("/api/tickets", body)
    with earlier(29):
        to = {"unit_id": office.unit("east"), "reason": "other_department"}
        agent.post(f"/api/tickets/{ticket['id']}/transfer", to)
    sla.sweep(now())
    office.turn()
    return ticket


def breach(office: Office, ticket: dict[str, Any], who: str = "supervisor") -> dict[str, Any]:
    to = (now() + timedelta(days=1)).isoformat()
    found = office.person(who).get("/api/reviews", ticket_id=ticket["id"], hours=72, to=to)
    (row,) = found["rows"]
    return dict(row)


def live(office: Office, who: str) -> dict[str, Any]:
    found = office.person(who).get("/api/breaches", hours=72)["reviews"]
    return {row["ticket_id"]: row for row in found}


def test_a_complaint_that_nobody_called_about_is_appealed_and_ruled(own_office: Office) -> None:
    office = own_office
    ticket = late_complaint(office)
    row = breach(office, ticket)
    east = office.unit("east")
    assert (row["code"], row["party"], row["unit"]) == ("Contact", "handler", east)
    assert (row["order_id"], row["ticket_id"]) == (None, ticket["id"])
    assert (row["number"], row["stopped_at"]) == (ticket["number"], None)
    assert ticket["id"] in live(office, "east.desk")
    assert ticket["id"] not in live(office, "west.desk")
    path = f"/api/reviews/{row['id']}"
    said = {"reason": "other", "words": "客户电话关机"}
    key = str(uuid.uuid4())
    assert office.person("west.desk").try_post(f"{path}/appeal", said, key).status_code == 404
    desk = office.person("east.desk")
    assert desk.post(f"{path}/appeal", said)["review"]["state"] == "appealed"

    # It goes to another department and is called about: the breach stays whose it was.
    west = {"unit_id": office.unit("west"), "reason": "other_department"}
    office.person("agent").post(f"/api/tickets/{ticket['id']}/transfer", west)
    office.person("agent").post(f"/api/tickets/{ticket['id']}/contact", {"note": "已致电"})
    page = office.person("supervisor").get(path)
    assert page["review"]["unit"] == east
    assert page["review"]["holder_id"] == office.unit("west")
    assert page["page"] is None
    assert page["ticket"]["ticket"]["id"] == ticket["id"]
    assert page["ticket"]["history"]
    over = datetime.fromisoformat(page["review"]["stopped_at"]) - datetime.fromisoformat(
        row["due_at"]
    )
    assert page["review"]["over_s"] == pytest.approx(over.total_seconds())
    assert live(office, "west.desk")[ticket["id"]]["stopped_at"] is not None

    supervisor = office.person("supervisor")
    ruling = {"ruling": "waived", "words": "关机属实", "waived_s": 3600}
    ruled = supervisor.post(f"{path}/rule", ruling)["review"]
    assert ruled["adjusted_over_s"] == pytest.approx(ruled["over_s"] - 3600)
    other = {"ruling": "reattributed", "words": "应由市民中心", "party": "hotline"}
    assert supervisor.try_post(f"{path}/rule", other, str(uuid.uuid4())).status_code == 422
    with read_session() as session:
        assert list(verify(session, ORG_ID)) == []


def test_a_complaint_that_was_never_passed_on_is_nobody_elses(own_office: Office) -> None:
    agent = own_office.person("agent")
    body = {"channel": "web", "kind": "complaint", "description": "停电两天没人来"}
    with earlier(30):
        ticket = agent.post("/api/tickets", body)
    sla.sweep(now())
    own_office.turn()
    row = breach(own_office, ticket)
    assert (row["party"], row["unit"]) == ("handler", None)
    # Closed as withdrawn, nobody waits for a call: the breach did not happen.
    agent.post(f"/api/tickets/{ticket['id']}/close", {"how": "withdrawn"})
    own_office.turn()
    assert breach(own_office, ticket)["withdrawn_at"] is not None

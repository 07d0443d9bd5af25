"""`paidan verify` finds what was changed beside the facts of tickets."""

import pytest
from sqlalchemy import text

from api.verify import verify
from core.db import read_session, session_factory
from tests.acts import Acts
from tests.tickets.desk import Desk
from tests.tickets.test_merge import chase


@pytest.fixture(scope="module")
def desk(module_organisation: int) -> Desk:
    """A ticket that was merged, one that is to be followed up, a chase-up."""
    desk = Desk(Acts(module_organisation))
    order_id = desk.acts.file()
    chase(desk, order_id, desk.ticket())
    desk.act("answer", desk.ticket("complaint"))
    assert findings() == []
    return desk


def findings(tampering: str = "") -> list[str]:
    with session_factory()() as session:
        if tampering:
            session.execute(text(tampering))
        session.flush()
        found = list(verify(session, 1))
        session.rollback()
    return found


@pytest.mark.parametrize(
    ("tampering", "said"),
    [
        ("UPDATE ticket SET state = 'closed' WHERE state = 'merged'", ".state"),
        ("UPDATE ticket SET kind = 'praise' WHERE kind = 'complaint'", ".kind"),
        ("UPDATE ticket SET number = 'T1' WHERE kind = 'complaint'", ".number"),
        ("DELETE FROM order_ticket", ".shares"),
        ("DELETE FROM chase_up", ".chase-ups"),
        ("UPDATE orders SET urgency = 3", ".urgency"),
        ("UPDATE follow_up SET due_at = due_at + interval '1 day'", ".due_at"),
        ("UPDATE follow_up SET tries = 2", ".tries"),
    ],
)
def test_what_was_changed_by_hand_is_found(desk: Desk, tampering: str, said: str) -> None:
    found = findings(tampering)
    assert any(said in one for one in found), found
    with read_session() as session:
        assert list(verify(session, 1)) == []

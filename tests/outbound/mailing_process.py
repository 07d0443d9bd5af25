"""The engine's work on notices to many in a process of its own that a test may kill.

`forgets`: who was written to is not written down with the message, as the planted mistake.
"""

import threading
from collections.abc import Sequence

from api.engine import Engine
from api.mailing import Mailing
from api.wiring import wire
from core.uow import UnitOfWork
from dispatch.outbound import mailing
from dispatch.outbound.campaign_models import Campaign
from telephony import message_repository


def _forgetful(uow: UnitOfWork, row: Campaign) -> int:
    """Asks again for whom it has asked already: the message is no longer one for each number."""
    asked = mailing_asks(uow, row)
    for one in uow.session.new | uow.session.dirty:
        if hasattr(one, "rank"):
            one.state = "waiting"
    return asked


mailing_asks = mailing._ask


def main(mistakes: Sequence[str]) -> None:
    wire()
    if "forgets" in mistakes:
        mailing._ask = _forgetful
        add_once = message_repository.add_once

        def add(session, values):  # type: ignore[no-untyped-def]
            return add_once(session, {**values, "campaign_id": None})

        message_repository.add_once = add
    stopping = threading.Event()
    engine = Engine()
    threading.Thread(target=engine.run, daemon=True).start()
    Mailing(stopping).run()

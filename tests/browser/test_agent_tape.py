"""An agent sees that the conversation is recorded, and stops that while it is sensitive."""

from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import select

from core.clock import now
from dispatch.starter import ORG_ID
from telephony import settling, telling
from telephony.command_models import CarrierCommand
from telephony.recordings import recorder
from tests.browser.axe import serious_faults
from tests.browser.test_agent_desk import phone, rings, state
from tests.browser.town import Town, city, shown, town
from tests.office import query
from tests.switching import Phone, meet, work

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["city", "phone", "town"]
pytestmark = pytest.mark.browser
TAPE = "[data-testid=tape][data-tape={}]"


def tape(page: "Page", wanted: str) -> None:
    page.wait_for_selector(TAPE.format(wanted))


def carrier_does(call_id: UUID, wanted: str) -> None:
    """The carrier has done what it was asked for last."""
    ours = select(CarrierCommand).where(
        CarrierCommand.call_id == call_id,
        CarrierCommand.kind == "record",
        CarrierCommand.state == "waiting",
    )
    command = query(lambda session: session.scalars(ours).one())
    assert command.params["act"] == wanted
    with work() as uow:
        row = uow.session.get_one(CarrierCommand, (ORG_ID, command.id))
        settling.done(uow, row, "twilio", f"RE{command.id.hex}")
    recorder.turn(ORG_ID, now())


def test_a_recording_is_paused_and_goes_on_by_a_key(town: Town, phone: Phone) -> None:
    page = town.page("agent")
    call, call_id = rings(town, town.customer().phone)
    with work() as uow:
        telling.decided(uow, call_id, "consent", "told", basis="announced")
    shown(page, "offered")
    leg_id = phone.picks_up()
    meet(call_id, call.sid, leg_id)
    shown(page, "mine")
    recorder.turn(ORG_ID, now())
    carrier_does(call_id, "start")
    tape(page, "recording")
    page.keyboard.press("Alt+s")
    tape(page, "pausing")
    carrier_does(call_id, "pause")
    tape(page, "paused")
    assert serious_faults(page) == []
    page.keyboard.press("Alt+s")
    tape(page, "beginning")
    carrier_does(call_id, "resume")
    tape(page, "recording")
    state(page, "on_call")

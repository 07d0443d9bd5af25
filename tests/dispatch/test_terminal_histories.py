"""Orders to terminals that refuse, answer late, twice or never, and wander between gateways.

`PAIDAN_TEST_HISTORIES` (2): how many random histories; `PAIDAN_TEST_SEED`: the same decisions.
"""

import asyncio
import os
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from api.verify import verify
from core.db import read_session
from core.settings import settings
from core.uow import UnitOfWork
from dispatch.orders import crew_service
from dispatch.orders.models import Receipt
from dispatch.starter import ORG_ID
from gps import messages, service, terminals
from gps.models import Device, TerminalMessage
from tests.acts import Acts
from tests.dispatch.wayward import History
from tests.gps.test_gateway import gateway

HISTORIES = int(os.environ.get("PAIDAN_TEST_HISTORIES", "2"))
SEED = int(os.environ.get("PAIDAN_TEST_SEED", "20"))
KNOWN_SEED = 44
"""A course on which each planted mistake matters, mostly: a busy machine changes who is quicker."""
COURSES = 16
"""So many are tried, one after the other, until the mistake is found: it may take a while."""
ACTS = 90
ACTS_OF_A_MISTAKE = 45


@pytest.fixture
def acts(organisation: int, monkeypatch: pytest.MonkeyPatch) -> Acts:
    """Tries follow each other quickly."""
    monkeypatch.setenv("PAIDAN_RECEIPT_RETRY_SECONDS", "0.05")
    settings.cache_clear()
    return Acts(organisation)


def history(acts: Acts, seed: int, length: int = ACTS) -> History:
    """One that has been played to its end."""
    made = History(acts, seed)

    async def scenario() -> None:
        async with asyncio.timeout(380), gateway() as one, gateway() as other:
            await made.play((one, other), length)

    asyncio.run(scenario())
    return made


@pytest.mark.parametrize("number", range(HISTORIES))
def test_no_order_is_lost_no_receipt_invented_no_stamp_doubled(acts: Acts, number: int) -> None:
    seed = SEED + number
    assert history(acts, seed).findings() == [], f"seed {seed}"
    with read_session() as session:
        assert list(verify(session, ORG_ID)) == []


def _any_answer(patch: pytest.MonkeyPatch) -> None:
    def newest(uow: UnitOfWork, device: UUID, serial: int, form: str) -> TerminalMessage | None:
        mine = select(TerminalMessage).where(
            TerminalMessage.device_id == device,
            TerminalMessage.form == form,
            TerminalMessage.status == "sent",
        )
        found = uow.session.scalars(mine.order_by(TerminalMessage.created_at.desc())).first()
        if found is not None:
            found.serials = [*found.serials, [serial]]
        return found

    patch.setattr(messages, "_sent_with", newest)


def _refusal_counts(patch: pytest.MonkeyPatch) -> None:
    answered = messages.answered

    def pleased(
        org: int, device: UUID, serial: int, message: int, _result: int, at: datetime
    ) -> None:
        answered(org, device, serial, message, 0, at)

    patch.setattr(messages, "answered", pleased)


def _serials_anew(patch: pytest.MonkeyPatch) -> None:
    def from_nought(_uow: UnitOfWork, _device: UUID, count: int) -> list[int]:
        return list(range(count))

    patch.setattr(messages, "_serials", from_nought)


def _forgotten_on_return(patch: pytest.MonkeyPatch) -> None:
    def forget(uow: UnitOfWork, device: UUID) -> None:
        mine = update(TerminalMessage).where(TerminalMessage.device_id == device)
        uow.session.execute(mine.where(TerminalMessage.status == "sent").values(status="cancelled"))

    patch.setattr(terminals, "_wake_messages", forget)


def _recall_forgets_the_order(patch: pytest.MonkeyPatch) -> None:
    def leave(_uow: UnitOfWork, _assignment: UUID, _purpose: str) -> None:
        return

    patch.setattr(service, "cancel_messages", leave)


def _told_twice(patch: pytest.MonkeyPatch) -> None:
    emit = messages._emit

    def twice(uow: UnitOfWork, device: Device, fact: Any, at: datetime) -> None:
        for _ in range(2):
            emit(uow, device, fact, at)

    patch.setattr(messages, "_emit", twice)


def _stamped_by_each_fact(patch: pytest.MonkeyPatch) -> None:
    confirm = crew_service.confirm_receipt

    def again(uow: UnitOfWork, receipt: Receipt, *args: Any, **more: Any) -> bool:
        receipt.status = "sent"
        uow.session.flush()
        return confirm(uow, receipt, *args, **more)

    patch.setattr(crew_service, "confirm_receipt", again)


def _given_up_silently(patch: pytest.MonkeyPatch) -> None:
    def give_up(_uow: UnitOfWork, message: TerminalMessage, _device: Device, cause: str) -> None:
        message.status, message.cause = "failed", cause

    patch.setattr(messages, "_give_up", give_up)


@pytest.mark.parametrize(
    ("plant", "finding"),
    [
        (_any_answer, "a receipt was invented"),
        (_refusal_counts, "a receipt was invented"),
        (_serials_anew, "a receipt was invented"),
        (_forgotten_on_return, "still open was dropped"),
        (_recall_forgets_the_order, "shown after its recall"),
        (_told_twice, "2 facts say that it was confirmed"),
        (_stamped_by_each_fact, "is there 2 times"),
        (_given_up_silently, "nobody was told"),
    ],
)
def test_a_planted_mistake_is_found(
    acts: Acts,
    monkeypatch: pytest.MonkeyPatch,
    plant: Callable[[pytest.MonkeyPatch], None],
    finding: str,
) -> None:
    plant(monkeypatch)
    courses = (history(acts, KNOWN_SEED + n, ACTS_OF_A_MISTAKE) for n in range(COURSES))
    assert any(finding in "\n".join(made.findings()) for made in courses)

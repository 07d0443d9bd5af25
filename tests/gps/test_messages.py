"""Orders to the terminal (0x8300) and its acknowledgement (0x0001), against a real gateway."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from core.clock import now
from core.events import VehicleKeyPressed, VehicleMessageAcked, VehicleMessageFailed
from core.ids import new_id
from core.settings import settings
from gps import messages, service
from gps.jt808 import downlink, uplink
from gps.terminal import Terminal
from tests.gps.conftest import Fleet
from tests.gps.test_gateway import BENCH, A, gateway, run, terminal

ORDER = "工单 20261121-0007：朝阳区安贞里 12 号，全楼停电"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, fleet: Fleet) -> None:
    """Tries follow each other at once; the growing pause is tested by its numbers."""
    monkeypatch.setenv("PAIDAN_RECEIPT_RETRY_SECONDS", "0.05")
    settings.cache_clear()


def queue(fleet: Fleet, text: str = ORDER, purpose: str = "order") -> tuple[UUID, UUID]:
    assignment = new_id()
    with fleet.work() as uow:
        message = service.send_text(
            uow,
            vehicle_id=fleet.vehicles[A],
            assignment_id=assignment,
            purpose=purpose,
            text=text,
            now=now(),
        )
    assert message is not None
    return message, assignment


def row(fleet: Fleet, message: UUID) -> tuple[Any, ...]:
    (found,) = fleet.query(
        "SELECT status, cause, attempts FROM terminal_message WHERE id = %s", message
    )
    return found


async def settled(fleet: Fleet, one: Terminal, message: UUID) -> str:
    """The status once the answer is recorded; heartbeats pass the time."""
    while row(fleet, message)[0] in ("queued", "sent"):
        await one.heartbeat()
    return str(row(fleet, message)[0])


def test_the_terminals_acknowledgement_is_the_receipt(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with gateway() as running, terminal(running) as one:
            message, assignment = queue(fleet)
            assert await one.next_text() == ORDER
            assert await settled(fleet, one, message) == "acked"
            ((fact, event),) = fleet.facts(A)
            assert fact == VehicleMessageAcked(
                message_id=message,
                assignment_id=assignment,
                device_id=fleet.devices[A],
                purpose="order",
            )
            assert event.source == "gps"
            await one.send_raw(b"")
            for serial in range(6):  # once more, and for serials that were never sent
                ack = uplink.TerminalAck(serial, downlink.TEXT, downlink.OK)
                one._transmit(uplink.TERMINAL_ACK, uplink.build_terminal_ack(ack))
            assert await one.heartbeat() == downlink.OK
        assert len(fleet.facts(A)) == 1

    run(scenario)


def test_an_offline_terminal_gets_its_messages_when_it_returns_recalls_first(
    fleet: Fleet,
) -> None:
    first, _ = queue(fleet, "order one")
    cancelled, assignment = queue(fleet, "order two")
    recall, _ = queue(fleet, "recall of two", "recall")
    with fleet.work() as uow:
        service.cancel_messages(uow, assignment, "order")

    async def scenario() -> None:
        async with gateway() as running, terminal(running) as one:
            assert [await one.next_text() for _ in range(2)] == ["recall of two", "order one"]
            assert await settled(fleet, one, first) == "acked"
            assert await settled(fleet, one, recall) == "acked"
        assert row(fleet, cancelled)[0] == "cancelled"

    run(scenario)


def test_silence_is_answered_with_tries_and_then_given_up_visibly(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with gateway() as running, terminal(running, answer=lambda _: None) as one:
            message, assignment = queue(fleet)
            assert await settled(fleet, one, message) == "failed"
            assert row(fleet, message) == ("failed", "unanswered", 5)
            assert one.texts == [ORDER] * 5
            ((fact, _),) = fleet.facts(A)
            assert isinstance(fact, VehicleMessageFailed)
            assert (fact.cause, fact.assignment_id) == ("unanswered", assignment)

    run(scenario)


def test_an_answer_to_an_earlier_try_counts_even_after_giving_up(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with gateway() as running, terminal(running, answer=lambda _: None) as one:
            message, _ = queue(fleet)
            await settled(fleet, one, message)
            ((serials,),) = fleet.query("SELECT serials FROM terminal_message")
            assert len(serials) == 5
            ack = uplink.TerminalAck(serials[0][0], downlink.TEXT, downlink.OK)
            one._transmit(uplink.TERMINAL_ACK, uplink.build_terminal_ack(ack))
            while row(fleet, message)[0] != "acked":
                await one.heartbeat()
        assert [fact.TYPE for fact, _ in fleet.facts(A)] == [
            "vehicle.message_failed",
            "vehicle.message_acked",
        ]

    run(scenario)


def test_one_answer_is_one_fact_however_often_it_is_recorded(fleet: Fleet) -> None:
    message, _ = queue(fleet)
    arrived = now() - timedelta(seconds=3)
    for result in (0, 0, 1):
        messages.answered(1, message, result, arrived)
    messages.answered(1, new_id(), 0, arrived)
    assert row(fleet, message)[0] == "acked"
    ((_, event),) = fleet.facts(A)
    assert event.occurred_at == arrived


@pytest.mark.parametrize(("result", "cause"), [(1, "failed"), (3, "unsupported")])
def test_a_refusal_is_no_receipt(fleet: Fleet, result: int, cause: str) -> None:
    async def scenario() -> None:
        async with gateway() as running, terminal(running, answer=lambda _: result) as one:
            message, _ = queue(fleet)
            assert await settled(fleet, one, message) == "failed"
            assert row(fleet, message) == ("failed", cause, 1)
        ((capability,),) = fleet.query("SELECT capability FROM device WHERE identity = %s", A)
        assert capability == ({"text": False} if result == 3 else {})

    run(scenario)


def test_an_unanswered_recall_is_sent_again_when_the_terminal_returns(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with gateway() as running:
            async with terminal(running, answer=lambda _: None) as one:
                message, _ = queue(fleet, "recall", "recall")
                assert await settled(fleet, one, message) == "failed"
                code = one.code
            async with terminal(running, code=code) as one:
                assert await one.next_text() == "recall"
                while row(fleet, message)[0] != "acked":
                    await one.heartbeat()

    run(scenario)


def test_a_restarted_gateway_sends_what_is_unacknowledged(fleet: Fleet) -> None:
    message, _ = queue(fleet)

    async def scenario() -> None:
        async with gateway() as before, terminal(before, answer=lambda _: None) as one:
            await one.next_text()
            code = one.code
        async with gateway() as after, terminal(after, code=code) as one:
            assert await one.next_text() == ORDER
            assert await settled(fleet, one, message) == "acked"

    run(scenario)


def test_a_long_text_needs_all_its_parts_acknowledged(fleet: Fleet) -> None:
    text = "变压器" * 500  # 3000 bytes of GBK: three parts

    async def scenario() -> None:
        async with gateway() as running, terminal(running) as one:
            message, _ = queue(fleet, text)
            assert await one.next_text() == text
            assert await settled(fleet, one, message) == "acked"
            ((serials,),) = fleet.query("SELECT serials FROM terminal_message")
            assert [len(tried) for tried in serials] == [3]

        async with gateway() as running, terminal(running, answer=lambda _: None) as one:
            message, _ = queue(fleet, text)
            assert await settled(fleet, one, message) == "failed"  # the last part stayed open

    run(scenario)


def test_the_pause_between_tries_grows_as_the_standard_says(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAIDAN_RECEIPT_RETRY_SECONDS", "5")
    settings.cache_clear()
    message, _ = queue(fleet)
    fleet.execute("UPDATE device SET gateway = 'here'")
    pauses = []
    for _ in range(5):
        fleet.execute("UPDATE terminal_message SET next_attempt_at = now()")
        before = now()
        (sending,) = messages.claim(1, "here", lambda _device, _text: [7])
        assert sending.message_id == message
        ((due,),) = fleet.query("SELECT next_attempt_at FROM terminal_message")
        pauses.append(round((due - before) / timedelta(seconds=1)))
    assert pauses == [5, 10, 15, 20, 25]
    assert messages.claim(1, "elsewhere", lambda _device, _text: [7]) == []


def test_a_vehicle_without_a_terminal_has_nobody_to_tell(fleet: Fleet) -> None:
    with fleet.work() as uow:
        assert (
            service.send_text(
                uow,
                vehicle_id=fleet.devices[BENCH],
                assignment_id=new_id(),
                purpose="order",
                text=ORDER,
                now=now(),
            )
            is None
        )


def test_a_key_of_the_terminal_speaks_of_the_order_shown_last(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with gateway() as running, terminal(running) as one:
            assert await one.press(1) == messages.NOTHING_SHOWN
            message, assignment = queue(fleet)
            await settled(fleet, one, message)
            assert await one.press(9) == messages.UNKNOWN_KEY
            assert await one.press(1) == messages.RECORDED
            *_, (pressed, _event) = fleet.facts(A)
            assert pressed == VehicleKeyPressed(
                device_id=fleet.devices[A], assignment_id=assignment, key="accept"
            )

    run(scenario)

"""Orders to the terminal (0x8300) and its acknowledgement (0x0001), against a real gateway."""

import struct
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
from gps.jt808.framing import Frame
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
            ((serials,),) = fleet.query("SELECT serials FROM terminal_message WHERE form = 'text'")
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
    fleet.execute("UPDATE device SET gateway = 'here'")
    (sending,) = messages.claim(1, "here", lambda _device, _form, _text: 1)
    device, (serial,), arrived = sending.device_id, sending.serials, now() - timedelta(seconds=3)
    for other in (serial + 1, serial + 7):
        messages.answered(1, device, other, downlink.TEXT, 0, arrived)
    messages.answered(1, device, serial, downlink.QUESTION, 0, arrived)
    messages.answered(1, fleet.devices[BENCH], serial, downlink.TEXT, 0, arrived)
    assert row(fleet, message)[0] == "sent"
    for result in (0, 0, 1):
        messages.answered(1, device, serial, downlink.TEXT, result, arrived)
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
        assert capability.pop("menu", messages.MENU_VERSION) == messages.MENU_VERSION
        assert capability == ({"text": False} if result == 3 else {})

    run(scenario)


def test_what_went_unanswered_is_sent_again_when_the_terminal_returns(fleet: Fleet) -> None:
    """Recalls first, and nothing that is not wanted any more."""

    async def scenario() -> None:
        async with gateway() as running:
            async with terminal(running, answer=lambda _: None) as one:
                order, _ = queue(fleet, "order")
                given_back, assignment = queue(fleet, "given back")
                recall, _ = queue(fleet, "recall", "recall")
                for message in (order, given_back, recall):
                    assert await settled(fleet, one, message) == "failed"
                code = one.code
            with fleet.work() as uow:
                service.cancel_messages(uow, assignment, "order")
            async with terminal(running, code=code) as one:
                assert [await one.next_text() for _ in range(2)] == ["recall", "order"]
                for message in (order, recall):
                    assert await settled(fleet, one, message) == "acked"
        assert row(fleet, given_back)[0] == "cancelled"

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
            ((serials,),) = fleet.query("SELECT serials FROM terminal_message WHERE form = 'text'")
            assert [len(tried) for tried in serials] == [3]

        async with gateway() as running, terminal(running, answer=lambda _: None) as one:
            message, _ = queue(fleet, text)
            assert await settled(fleet, one, message) == "failed"  # the last part stayed open

    run(scenario)


@pytest.mark.parametrize("count", [">H", ">B"])
def test_a_part_that_was_lost_is_sent_again_when_the_terminal_asks(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, count: str
) -> None:
    monkeypatch.setenv("PAIDAN_RECEIPT_RETRY_SECONDS", "600")
    settings.cache_clear()
    text = "变压器" * 500

    async def scenario() -> None:
        async with gateway() as running, terminal(running) as one:
            take = one._take

            def lossy(frame: Frame, parts: Any) -> None:
                if frame.message_id != downlink.TEXT or frame.package != (3, 2):
                    take(frame, parts)
                elif not lost:
                    lost.append(frame)
                else:
                    take(frame, parts)
                if frame.package == (3, 3) and len(lost) == 1:
                    body = struct.pack(">H", lost[0].serial - 1) + struct.pack(count, 1)
                    one._transmit(uplink.ASK_PARTS, body + struct.pack(">H", 2))

            lost: list[Frame] = []
            monkeypatch.setattr(one, "_take", lossy)
            message, _ = queue(fleet, text)
            assert await one.next_text() == text
            assert await settled(fleet, one, message) == "acked"
            ((serials,),) = fleet.query("SELECT serials FROM terminal_message WHERE form = 'text'")
            assert [len(tried) for tried in serials] == [3]

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
        (sending,) = messages.claim(1, "here", lambda _device, _form, _text: 1)
        assert sending.message_id == message
        ((due,),) = fleet.query("SELECT next_attempt_at FROM terminal_message")
        pauses.append(round((due - before) / timedelta(seconds=1)))
    assert pauses == [5, 10, 15, 20, 25]
    assert messages.claim(1, "elsewhere", lambda _device, _form, _text: 1) == []


def test_a_vehicle_without_a_terminal_has_nobody_to_tell(fleet: Fleet) -> None:
    with fleet.work() as uow:
        assert (
            service.send_text(
                uow,
                vehicle_id=fleet.devices[BENCH],
                assignment_id=new_id(),
                purpose="order",
                text=ORDER,
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


def ask(fleet: Fleet) -> tuple[UUID, UUID]:
    assignment = new_id()
    with fleet.work() as uow:
        message = service.ask(
            uow, vehicle_id=fleet.vehicles[A], assignment_id=assignment, text="是否受理？"
        )
    assert message is not None
    return message, assignment


def keys(fleet: Fleet) -> list[tuple[str, UUID | None]]:
    return [
        (fact.key, fact.assignment_id)
        for fact, _ in fleet.facts(A)
        if isinstance(fact, VehicleKeyPressed)
    ]


@pytest.mark.parametrize(("number", "key"), [(1, "accept"), (2, "return")])
def test_a_question_is_answered_by_its_serial(fleet: Fleet, number: int, key: str) -> None:
    """Two orders are out: the answer says which, whichever was shown last."""

    async def scenario() -> None:
        async with gateway() as running, terminal(running) as one:
            _, first = ask(fleet)
            serial, question = await one.next_question()
            assert question.text == "是否受理？"
            assert [label for _, label in question.answers] == ["受理", "退单"]
            ask(fleet)
            later, _ = await one.next_question()
            assert later != serial
            assert await one.reply(serial, number) == messages.RECORDED
            assert await one.reply(serial, 7) == messages.UNKNOWN_KEY
            assert await one.reply(serial + 77, number) == messages.NOTHING_SHOWN
            assert keys(fleet) == [(key, first)]

    run(scenario)


def test_who_answers_has_received_the_question(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with gateway() as running, terminal(running, answer=lambda _: None) as one:
            message, assignment = ask(fleet)
            serial, _ = await one.next_question()
            await one.reply(serial, 1)
            assert row(fleet, message)[0] == "acked"
            assert [fact.TYPE for fact, _ in fleet.facts(A)] == [
                "vehicle.message_acked",
                "vehicle.key_pressed",
            ]
            assert keys(fleet) == [("accept", assignment)]

    run(scenario)


def test_an_answer_on_another_connection_speaks_for_its_own_question(fleet: Fleet) -> None:
    """Serials go on over connections and gateways: an old one is never that of a new message."""

    async def scenario() -> None:
        async with gateway() as before, terminal(before, answer=lambda _: None) as one:
            old, first = ask(fleet)
            serial, _ = await one.next_question()
            code = one.code
        with fleet.work() as uow:
            service.cancel_messages(uow, first, "order")
        async with gateway() as after, terminal(after, code=code, answer=lambda _: None) as one:
            ask(fleet)
            new, _ = await one.next_question()
            assert new != serial
            ack = uplink.TerminalAck(serial, downlink.QUESTION, downlink.OK)
            one._transmit(uplink.TERMINAL_ACK, uplink.build_terminal_ack(ack))
            assert await one.reply(serial, 1) == messages.NOTHING_SHOWN
            assert keys(fleet) == []
            assert row(fleet, old)[0] == "cancelled"
            assert fleet.facts(A) == []

    run(scenario)


def test_an_acknowledgement_counts_on_whatever_gateway_it_comes(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with gateway() as before, terminal(before, answer=lambda _: None) as one:
            message, _ = queue(fleet)
            await one.next_text()
            ((serials,),) = fleet.query("SELECT serials FROM terminal_message WHERE form = 'text'")
            code = one.code
        async with gateway() as after, terminal(after, code=code, answer=lambda _: None) as one:
            ack = uplink.TerminalAck(serials[0][0], downlink.TEXT, downlink.OK)
            one._transmit(uplink.TERMINAL_ACK, uplink.build_terminal_ack(ack))
            assert await settled(fleet, one, message) == "acked"

    run(scenario)


def test_a_terminal_without_questions_is_not_asked_again(fleet: Fleet) -> None:
    refuses = (downlink.QUESTION, downlink.EVENTS)

    async def scenario() -> None:
        async with gateway() as running, terminal(running, refuses=refuses) as one:
            message, _ = ask(fleet)
            assert await settled(fleet, one, message) == "failed"
            assert fleet.facts(A) == []  # the order's text speaks for itself
            with fleet.work() as uow:
                asked = service.ask(
                    uow, vehicle_id=fleet.vehicles[A], assignment_id=new_id(), text="再问？"
                )
            assert asked is None
            text, _ = queue(fleet)
            assert await settled(fleet, one, text) == "acked"
            code = one.code
        async with gateway() as again, terminal(again, code=code, refuses=refuses) as one:
            assert await one.heartbeat() == downlink.OK
        ((capability,),) = fleet.query("SELECT capability FROM device WHERE identity = %s", A)
        assert capability == {"question": False, "menu": False}
        assert fleet.query("SELECT count(*) FROM terminal_message WHERE form = 'menu'") == [(1,)]

    run(scenario)


def test_the_menu_is_put_on_the_terminal_once_and_its_keys_speak(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with gateway() as running:
            async with terminal(running) as one:
                while not one.keys:
                    await one.heartbeat()
                labels = ("受理", "出发", "到达", "完工", "求助")
                assert one.keys == tuple(enumerate(labels, 1))
                for number in (2, 3, 4):
                    assert await one.press(number) == messages.RECORDED
                assert keys(fleet) == [("depart", None), ("arrive", None), ("finish", None)]
                while fleet.query("SELECT capability FROM device WHERE identity = %s", A) != [
                    ({"menu": messages.MENU_VERSION},)
                ]:
                    await one.heartbeat()
                code = one.code
            async with terminal(running, code=code) as one:
                assert await one.heartbeat() == downlink.OK
        assert fleet.query("SELECT status FROM terminal_message") == [("acked",)]

    run(scenario)


def test_serials_start_again_after_the_last_one(fleet: Fleet) -> None:
    fleet.execute("UPDATE device SET gateway = 'here', next_serial = 65534")
    queue(fleet)
    (sending,) = messages.claim(1, "here", lambda _device, _form, _text: 3)
    assert sending.serials == [65534, 65535, 0]

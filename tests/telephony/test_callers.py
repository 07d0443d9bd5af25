"""Callers through the real application: keys, queues, call-backs; rows, facts, evidence agree."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID
from xml.etree import ElementTree

import httpx
import pytest
from sqlalchemy import select

from api.verify import verify
from core import outbox
from core.clock import now
from core.db import session_factory
from core.identity import system_actor
from core.uow import unit_of_work
from telephony.models import Call, QueueStay
from telephony.routing import callback_repository
from telephony.routing import callbacks as routing
from telephony.routing.models import Callback
from telephony.routing.queues import plan
from tests.telephony.carrier import InboundCall, Webhook
from tests.telephony.test_webhooks import BASE, client, post
from tests.telling import tell

__all__ = ["client", "post"]

Xml = ElementTree.Element


@pytest.fixture
def call() -> InboundCall:
    return InboundCall(1, now().replace(microsecond=0) - timedelta(seconds=20))


class Phone:
    """A caller at the telephone: does what the documents say, presses keys."""

    def __init__(self, client: httpx.Client, call: InboundCall) -> None:
        self.client = client
        self.call = call
        self.heard = self._ask(call.voice())

    def _ask(self, webhook: Webhook) -> Xml:
        answer = self.client.post(webhook.path, content=webhook.body, headers=webhook.headers(BASE))
        assert answer.status_code == 200, answer.text
        tell()
        return ElementTree.fromstring(answer.text)

    def at(self, address: str, **more: str) -> Webhook:
        left = self.call.left_queue()
        base = {name: value for name, value in left.params if not name.startswith("Queue")}
        return Webhook(address.removeprefix(BASE), tuple({**base, **more}.items()))

    def action(self, verb: str, name: str = "action") -> str:
        found = next(self.heard.iter(verb), None)
        assert found is not None, ElementTree.tostring(self.heard)
        return found.attrib[name]

    def press(self, key: str) -> "Phone":
        self.heard = self._ask(self.at(self.action("Gather"), Digits=key))
        return self

    def waits(self, seconds: int) -> "Phone":
        """The carrier puts the caller into the queue and asks what is heard there."""
        self.left = self.action("Enqueue")
        place = {"QueuePosition": "1", "QueueSid": "QU" + "0f" * 16, "QueueTime": str(seconds)}
        more = {"AvgQueueTime": "0", "CurrentQueueSize": "1", "MaxQueueSize": "100"}
        address = self.action("Enqueue", "waitUrl")
        self.heard = self._ask(self.at(address, **place, **more))
        return self

    def leaves(self, result: str, seconds: int) -> "Phone":
        more = {"QueueResult": result, "QueueSid": "QU" + "0f" * 16, "QueueTime": str(seconds)}
        self.heard = self._ask(self.at(self.left, **more))
        return self


def rows() -> tuple[Call, list[QueueStay], list[Callback]]:
    with session_factory()() as session:
        assert list(verify(session, 1)) == []
        found = session.scalars(select(Call)).one()
        stays = session.scalars(select(QueueStay).order_by(QueueStay.number)).all()
        return found, list(stays), list(session.scalars(select(Callback)))


def test_a_caller_comes_to_a_queue_and_gives_up(
    client: httpx.Client, post: Callable[[Webhook], int], call: InboundCall
) -> None:
    phone = Phone(client, call).press("2").press("1").waits(0)
    found, [stay], _ = rows()
    assert (found.stage, found.language, found.queue) == ("queued", "en-US", "fault")
    assert (stay.queue, stay.priority, stay.left_at, stay.language) == ("fault", 2, None, "en-US")
    phone.leaves("hangup", 9)
    post(call.completed())
    found, [stay], _ = rows()
    assert (found.stage, found.outcome, found.left_in) == ("ended", "abandoned", "queued")
    assert (stay.result, found.hung_up_by) == ("hangup", "caller")


def test_who_asks_for_it_is_called_back_in_the_same_place(
    client: httpx.Client, post: Callable[[Webhook], int], call: InboundCall
) -> None:
    phone = Phone(client, call).press("1").press("2").waits(0).press("2")
    assert phone.heard[0].tag == "Leave"
    phone.leaves("leave", 5)
    post(call.completed())
    found, [stay], [callback] = rows()
    assert (found.outcome, stay.result) == ("callback", "leave")
    assert (callback.number, callback.queue, callback.reason) == (
        call.from_number,
        "enquiry",
        "asked",
    )
    assert (callback.since, callback.language) == (stay.entered_at, "cmn-CN")


def test_a_repeated_request_is_answered_alike_and_does_nothing_again(
    client: httpx.Client, call: InboundCall
) -> None:
    phone = Phone(client, call).press("2")
    asked = phone.at(phone.action("Gather"), Digits="1")
    answers = [
        client.post(asked.path, content=asked.body, headers=asked.headers(BASE)).text
        for _ in range(3)
    ]
    assert len(set(answers)) == 1
    tell()
    found, stays, _ = rows()
    assert (found.stage, len(stays)) == ("queued", 1)


def test_evidence_that_is_changed_is_found(
    client: httpx.Client, post: Callable[[Webhook], int], call: InboundCall
) -> None:
    Phone(client, call).press("2").press("1").waits(0).leaves("hangup", 9)
    post(call.completed())
    with session_factory()() as session:
        session.scalars(select(Call)).one().wait_s = 1.0
        session.scalars(select(QueueStay)).one().result = "bridged"
        session.commit()
        found = " ".join(verify(session, 1))
    assert "wait_s: the evidence says" in found
    assert "stay 1.result: the evidence says 'hangup'" in found


def test_a_legs_id_is_the_calls(client: httpx.Client, call: InboundCall) -> None:
    phone = Phone(client, call)
    assert UUID(phone.action("Gather").split("/leg/")[1].split("/")[0]) == rows()[0].id


def give_up(client: httpx.Client, post: Callable[[Webhook], int], call: InboundCall) -> None:
    Phone(client, call).press("2").press("1").waits(0).leaves("hangup", call.talk_s)
    post(call.completed())
    outbox.run_due_subscribers()


def callbacks() -> list[Callback]:
    with session_factory()() as session:
        return list(session.scalars(select(Callback).order_by(Callback.asked_at)))


def test_who_gave_up_is_called_back_once(
    client: httpx.Client, post: Callable[[Webhook], int], call: InboundCall
) -> None:
    give_up(client, post, call)
    [asked] = callbacks()
    assert (asked.number, asked.reason, asked.queue) == (call.from_number, "abandoned", "fault")
    give_up(client, post, replace(call, number=2))
    assert len(callbacks()) == 1, "one open call-back for a number"


def tried_in_vain(callback_id: UUID) -> None:
    """All tries of a call-back were in vain."""
    with unit_of_work(system_actor(1, "test")) as uow:
        row = callback_repository.locked(uow.session, 1, callback_id)
        assert row is not None
        row.tries = len(plan().callback.gaps_s) + 1
        routing.not_reached(uow, row, "no_answer")


def test_a_new_call_back_takes_the_place_of_one_that_was_tried_in_vain(
    client: httpx.Client, post: Callable[[Webhook], int], call: InboundCall
) -> None:
    give_up(client, post, call)
    tried_in_vain(callbacks()[0].id)
    give_up(client, post, replace(call, number=2))
    assert [one.state for one in callbacks()] == ["cancelled", "waiting"]
    tried_in_vain(callbacks()[1].id)
    third = replace(call, number=3)
    Phone(client, third).press("1").press("2").waits(0).press("2").leaves("leave", 5)
    states = [(one.state, one.reason) for one in callbacks()]
    assert states[1:] == [("cancelled", "abandoned"), ("waiting", "asked")]


def test_who_gave_up_at_once_is_not(
    client: httpx.Client, post: Callable[[Webhook], int], call: InboundCall
) -> None:
    at_once = replace(call, began=now().replace(microsecond=0), talk_s=1)
    give_up(client, post, at_once)
    with session_factory()() as session:
        assert session.scalars(select(Call)).one().short is True
    assert callbacks() == []


def test_who_gets_through_needs_no_call_any_more(
    client: httpx.Client, post: Callable[[Webhook], int], call: InboundCall
) -> None:
    give_up(client, post, call)
    again = replace(call, number=2, began=call.began + timedelta(seconds=90))
    for webhook in (again.voice(), again.answered(), again.left_queue("bridged")):
        post(webhook)
    post(again.completed())
    outbox.run_due_subscribers()
    assert [one.state for one in callbacks()] == ["cancelled"]


def test_nobody_is_called_back_whose_number_is_withheld(
    client: httpx.Client, post: Callable[[Webhook], int], call: InboundCall
) -> None:
    give_up(client, post, replace(call, from_number=""))
    assert callbacks() == []

"""Short messages: states, callbacks, answers, STOP."""

import pytest
from twilio.base.exceptions import TwilioRestException

from tests.simulator.fixtures import CALLER, HOTLINE, CarrierSimulator, Product


@pytest.mark.parametrize(
    ("sms", "states"),
    [
        ("delivered", ["sent", "delivered"]),
        ("undelivered", ["sent", "undelivered"]),
        ("failed", ["failed"]),
        ("sent", ["sent"]),
    ],
)
def test_states_go_forward_and_the_first_is_not_reported(
    carrier_simulator: CarrierSimulator, product: Product, sms: str, states: list[str]
) -> None:
    carrier_simulator.post("/phones", number=CALLER, sms=sms)
    client = carrier_simulator.client()
    made = client.messages.create(
        to=CALLER, from_=HOTLINE, body="停电通知", status_callback=f"{product.url}/sms"
    )
    assert made.status == "queued"
    carrier_simulator.advance(30)
    reports = product.at("/sms")
    assert [one["MessageStatus"] for one in reports] == states
    assert all(one["MessageSid"] == made.sid for one in reports)
    assert ("ErrorCode" in reports[-1]) == (sms in ("undelivered", "failed"))
    assert client.messages(made.sid).fetch().status == states[-1]


def test_an_incoming_message_is_answered_by_the_document(
    carrier_simulator: CarrierSimulator, product: Product
) -> None:
    product.documents["/sms"] = "<Message>收到</Message>"
    carrier_simulator.post("/numbers", phone_number=HOTLINE, sms_url=f"{product.url}/sms")
    carrier_simulator.post("/messages", **{"from": CALLER, "to": HOTLINE, "body": "停电"})
    (got,) = product.at("/sms")
    assert (got["Body"], got["From"], got["To"]) == ("停电", CALLER, HOTLINE)
    carrier_simulator.advance(10)
    (answer,) = carrier_simulator.client().messages.list(to=CALLER)
    assert (answer.body, answer.direction, answer.status) == ("收到", "outbound-reply", "delivered")


def test_a_document_that_fails_is_an_error_to_look_at(
    carrier_simulator: CarrierSimulator, product: Product
) -> None:
    product.documents["/sms"] = "no document"
    url = f"{product.url}/sms"
    carrier_simulator.post("/numbers", phone_number=HOTLINE, sms_url=url)
    made = carrier_simulator.post("/messages", **{"from": CALLER, "to": HOTLINE, "body": "\u0000"})
    (error,) = carrier_simulator.state()["errors"]
    assert (error["sms"], error["url"]) == (made["message"], url)
    assert error["message"] in [one["message"] for one in carrier_simulator.trace("error")]
    assert "words outside of a verb" in error["message"]


def test_what_is_missing_is_named(carrier_simulator: CarrierSimulator) -> None:
    carrier_simulator.post("/numbers", phone_number=HOTLINE)
    for path, body in (("/messages", {"to": HOTLINE}), ("/scenario", {"caller": [{}]})):
        refused = carrier_simulator.control.post(path, json=body)
        assert refused.status_code == 422
        assert refused.json()["error"].endswith(": missing"), refused.text


def test_whoever_says_stop_gets_nothing_until_start(
    carrier_simulator: CarrierSimulator, product: Product
) -> None:
    client = carrier_simulator.client()
    carrier_simulator.post("/phones", number=CALLER, reply="STOP")
    client.messages.create(to=CALLER, from_=HOTLINE, body="Notice")
    carrier_simulator.advance(30)
    with pytest.raises(TwilioRestException) as stopped:
        client.messages.create(to=CALLER, from_=HOTLINE, body="Notice")
    assert stopped.value.code == 21610
    carrier_simulator.post("/messages", **{"from": CALLER, "to": HOTLINE, "body": "start"})
    assert client.messages.create(to=CALLER, from_=HOTLINE, body="Notice").sid


def test_messages_without_words_are_refused(carrier_simulator: CarrierSimulator) -> None:
    client = carrier_simulator.client()
    with pytest.raises(TwilioRestException) as empty:
        client.messages.create(to=CALLER, from_=HOTLINE)
    assert (empty.value.status, empty.value.code) == (400, 21602)


def test_a_message_is_found_by_its_receiver(carrier_simulator: CarrierSimulator) -> None:
    client = carrier_simulator.client()
    client.messages.create(to=CALLER, from_=HOTLINE, body="one")
    client.messages.create(to="+8613800138009", from_=HOTLINE, body="two")
    carrier_simulator.advance(10)
    (found,) = client.messages.list(to=CALLER)
    assert found.body == "one"
    sent = client.messages.list(to=CALLER, date_sent_after=found.date_sent)
    assert [one.sid for one in sent] == [found.sid]

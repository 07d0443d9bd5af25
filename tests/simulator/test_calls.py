"""Calls in and out: order of states, callbacks, documents, fallback, errors."""

import socket

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator

from tests.simulator.fixtures import AGENT, CALLER, HOTLINE, CarrierSimulator, Product

EVENTS = ["initiated", "ringing", "answered", "completed"]


def inbound(carrier: CarrierSimulator, product: Product, **phone: object) -> str:
    """Somebody calls the hotline whose documents are the product's."""
    carrier.post(
        "/numbers",
        phone_number=HOTLINE,
        voice_url=f"{product.url}/voice",
        voice_fallback_url=f"{product.url}/fallback",
        status_callback=f"{product.url}/status",
    )
    call = carrier.call_in(**phone)
    carrier.settle()
    return call


def test_an_inbound_call_asks_for_its_document_and_reports_its_end_once(
    carrier_simulator: CarrierSimulator, product: Product
) -> None:
    product.documents["/voice"] = '<Say language="cmn-CN">您好</Say><Hangup/>'
    sid = inbound(carrier_simulator, product)
    (voice,) = product.at("/voice")
    assert voice["CallSid"] == sid
    assert (voice["CallStatus"], voice["Direction"]) == ("ringing", "inbound")
    assert (voice["From"], voice["To"]) == (CALLER, HOTLINE)
    assert carrier_simulator.call(sid)["status"] == "in-progress"
    carrier_simulator.advance(10)
    (end,) = product.at("/status")
    assert (end["CallStatus"], end["SequenceNumber"]) == ("completed", "0")
    assert end["CallbackSource"] == "call-progress-events"


def test_an_outbound_call_goes_through_its_states_in_order(
    carrier_simulator: CarrierSimulator, product: Product
) -> None:
    product.documents["/answer"] = '<Pause length="5"/>'
    client = carrier_simulator.client()
    made = client.calls.create(
        to=AGENT,
        from_=HOTLINE,
        url=f"{product.url}/answer",
        status_callback=f"{product.url}/status",
        status_callback_event=EVENTS,
    )
    assert made.status == "queued"
    carrier_simulator.advance(30)
    reports = sorted(product.at("/status"), key=lambda got: int(got["SequenceNumber"]))
    states = [got["CallStatus"] for got in reports]
    assert states == ["initiated", "ringing", "in-progress", "completed"]
    assert [got["SequenceNumber"] for got in reports] == ["0", "1", "2", "3"]
    assert reports[-1]["CallDuration"] == "5"
    call = client.calls(made.sid).fetch()
    assert (call.status, call.duration, call.direction) == ("completed", "5", "outbound-api")


@pytest.mark.parametrize(
    ("answer", "status"), [("busy", "busy"), ("no-answer", "no-answer"), ("failed", "failed")]
)
def test_a_call_that_is_not_answered_ends_with_its_reason(
    carrier_simulator: CarrierSimulator, product: Product, answer: str, status: str
) -> None:
    carrier_simulator.post("/phones", number=AGENT, answer=answer)
    carrier_simulator.client().calls.create(
        to=AGENT,
        from_=HOTLINE,
        url=f"{product.url}/answer",
        status_callback=f"{product.url}/status",
        timeout=20,
    )
    carrier_simulator.advance(60)
    (end,) = product.at("/status")
    assert (end["CallStatus"], end["CallDuration"]) == (status, "0")
    assert product.at("/answer") == []


def test_calls_of_the_api_are_dialled_one_a_second(
    carrier_simulator: CarrierSimulator, product: Product
) -> None:
    client = carrier_simulator.client()
    for n in range(4):
        client.calls.create(to=f"+86108888000{n}", from_=HOTLINE, twiml="<Response/>")
    carrier_simulator.settle()
    waiting = [call["status"] for call in carrier_simulator.state()["calls"]].count("queued")
    assert waiting == 4  # the first is dialled, and rings in a moment
    carrier_simulator.advance(1.5)
    rung = [e for e in carrier_simulator.trace("call") if e["status"] == "ringing"]
    assert len(rung) == 2


def test_signatures_are_those_of_the_sdk(
    carrier_simulator: CarrierSimulator, product: Product
) -> None:
    product.documents["/voice"] = "<Redirect>/next?b=2&amp;a=%2B1</Redirect>"
    product.documents["/next"] = '<Redirect method="GET">/last?x=</Redirect>'
    inbound(carrier_simulator, product)
    carrier_simulator.advance(1)
    assert {one.path for one in product.got} == {"/voice", "/next", "/last", "/status"}
    validator = RequestValidator(carrier_simulator.token)
    for one in product.got:
        params = {} if one.path == "/last" else one.params
        assert validator.validate(one.url, params, one.headers["x-twilio-signature"]), one
        assert not validator.validate(one.url + "/", params, one.headers["x-twilio-signature"])


def test_keys_go_to_the_action_and_silence_falls_through(
    carrier_simulator: CarrierSimulator, product: Product
) -> None:
    product.documents["/voice"] = (
        '<Gather numDigits="1" action="/keys" timeout="4"><Say>Press</Say></Gather>'
        "<Redirect>/silence</Redirect>"
    )
    pressing = inbound(carrier_simulator, product, keys=["2"])
    carrier_simulator.advance(3)
    (keys,) = product.at("/keys")
    assert (keys["Digits"], keys["CallSid"]) == ("2", pressing)
    silent = carrier_simulator.call_in()
    carrier_simulator.advance(3)
    assert product.at("/silence") == []
    carrier_simulator.advance(2)
    (fallen,) = product.at("/silence")
    assert fallen["CallSid"] == silent


def test_a_key_ends_the_prompts(carrier_simulator: CarrierSimulator, product: Product) -> None:
    product.documents["/voice"] = (
        '<Gather numDigits="1" action="/keys"><Pause length="10"/><Say>Late</Say></Gather>'
    )
    product.documents["/keys"] = '<Say>Next</Say><Pause length="30"/>'
    call = inbound(carrier_simulator, product)
    carrier_simulator.advance(2)
    carrier_simulator.act(call, "press", keys="5")
    carrier_simulator.advance(20)
    heard = [entry["text"] for entry in carrier_simulator.trace("heard") if entry["text"]]
    assert heard == ["Next"]


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("<Sing>la</Sing>", 12200),
        ('<Say lang="en">typing error</Say>', 12200),
        ("<Say>not closed", 12100),
    ],
)
def test_a_bad_document_is_an_error_and_the_fallback_is_asked(
    carrier_simulator: CarrierSimulator, product: Product, document: str, code: int
) -> None:
    product.documents["/voice"] = document
    product.documents["/fallback"] = "<Say>Sorry</Say>"
    inbound(carrier_simulator, product)
    (asked,) = product.at("/fallback")
    assert asked["ErrorCode"] == str(code)
    assert [e["code"] for e in carrier_simulator.state()["errors"]] == [code]


def test_a_server_error_is_not_tried_again_but_falls_back(
    carrier_simulator: CarrierSimulator, product: Product
) -> None:
    product.statuses["/voice"] = [500, 200]
    inbound(carrier_simulator, product)
    assert len(product.at("/voice")) == 1
    (asked,) = product.at("/fallback")
    assert asked["ErrorCode"] == "11200"


def test_a_product_that_is_too_slow_falls_back_too(
    carrier_simulator: CarrierSimulator, product: Product
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        slow = f"http://127.0.0.1:{door.getsockname()[1]}/voice#rt=100"
        fallback = f"{product.url}/fallback"
        carrier_simulator.post(
            "/numbers", phone_number=HOTLINE, voice_url=slow, voice_fallback_url=fallback
        )
        carrier_simulator.call_in()
        carrier_simulator.settle()
    (asked,) = product.at("/fallback")
    assert (asked["ErrorCode"], asked["ErrorUrl"]) == ("11200", slow)


def test_a_call_in_progress_is_redirected_and_one_that_is_over_is_not(
    carrier_simulator: CarrierSimulator, product: Product
) -> None:
    product.documents["/voice"] = '<Pause length="60"/>'
    product.documents["/other"] = "<Say>Other</Say>"
    sid = inbound(carrier_simulator, product)
    client = carrier_simulator.client()
    with pytest.raises(TwilioRestException) as ringing:
        client.calls(sid).update(url=f"{product.url}/other")
    assert ringing.value.code == 21220
    product.documents["/voice"] = '<Say>Hello</Say><Pause length="60"/>'
    sid = inbound(carrier_simulator, product)
    client.calls(sid).update(url=f"{product.url}/other")
    carrier_simulator.advance(5)
    assert [got["CallSid"] for got in product.at("/other")] == [sid]
    assert client.calls(sid).fetch().status == "completed"
    with pytest.raises(TwilioRestException) as over:
        client.calls(sid).update(url=f"{product.url}/other")
    assert (over.value.status, over.value.code) == (400, 21220)


def test_rest_refuses_strangers_and_nonsense(carrier_simulator: CarrierSimulator) -> None:
    client = carrier_simulator.client()
    with pytest.raises(TwilioRestException) as wrong:
        client.calls.create(to="12", from_=HOTLINE, twiml="<Response/>")
    assert (wrong.value.status, wrong.value.code) == (400, 21211)
    with pytest.raises(TwilioRestException) as stranger:
        client.calls.create(to=AGENT, from_=CALLER, twiml="<Response/>")
    assert stranger.value.code == 21210
    with pytest.raises(TwilioRestException) as missing:
        client.calls("CA" + "0" * 32).fetch()
    assert (missing.value.status, missing.value.code) == (404, 20404)
    place = f"/2010-04-01/Accounts/{carrier_simulator.account}/Queues/QU0/Members.json"
    refused = requests.delete(carrier_simulator.url + place, timeout=10)
    assert (refused.status_code, refused.json()["code"]) == (405, 20004)
    carrier_simulator.token = "wrong"
    with pytest.raises(TwilioRestException) as nobody:
        carrier_simulator.client().calls("CA" + "0" * 32).fetch()
    assert (nobody.value.status, nobody.value.code) == (401, 20003)


def test_calls_are_found_by_number_time_and_state(
    carrier_simulator: CarrierSimulator, product: Product
) -> None:
    client = carrier_simulator.client()
    for to in (AGENT, "+861088880002", AGENT):
        client.calls.create(to=to, from_=HOTLINE, twiml='<Response><Pause length="9"/></Response>')
    carrier_simulator.advance(60)
    started = client.calls.list(to=AGENT)[0].start_time
    assert len(client.calls.list(to=AGENT)) == 2
    assert len(client.calls.list(to=AGENT, start_time_after=started)) == 1
    assert len(client.calls.list(to=AGENT, status="in-progress")) == 0
    assert len(client.calls.list(page_size=1)) == 3


def test_an_attribute_without_effect_is_told(
    carrier_simulator: CarrierSimulator, product: Product
) -> None:
    product.documents["/voice"] = '<Gather input="speech dtmf"><Say voice="alice">Hi</Say></Gather>'
    inbound(carrier_simulator, product)
    told = [(entry["verb"], entry["attributes"]) for entry in carrier_simulator.trace("ignored")]
    assert told == [("Gather", ["input"]), ("Say", ["voice"])]

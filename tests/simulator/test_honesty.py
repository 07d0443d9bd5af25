"""The simulator before judges that are not ours: the OpenAPI document, two SDKs, names."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from tests.simulator import webhook_parameters as documented
from tests.simulator.fixtures import AGENT, CALLER, HOTLINE, CarrierSimulator, Got, Product
from tests.simulator.judges import npm_says, proxy, require_judges

KINDS = {
    "/voice": documented.VOICE,
    "/fallback": documented.FALLBACK,
    "/keys": documented.GATHER_ACTION,
    "/taped": documented.RECORD_ACTION,
    "/wait": documented.QUEUE_WAIT,
    "/after": documented.QUEUE_ACTION,
    "/agent": documented.VOICE,
    "/second": documented.VOICE,
    "/caller": documented.VOICE,
    "/picked": documented.QUEUE_URL,
    "/dialled": documented.DIAL_ACTION,
    "/conference": documented.CONFERENCE,
    "/music": documented.VOICE,
    "/tape": documented.RECORDING,
    "/status": documented.STATUS,
    "/sms": documented.MESSAGE_IN,
    "/sms-status": documented.MESSAGE_STATUS,
}
EVERY = ["initiated", "ringing", "answered", "completed"]


@dataclass
class Story:
    """A day at the hotline that sends every kind of request."""

    carrier: CarrierSimulator
    product: Product
    client: Client

    def play(self) -> None:
        self.documents()
        self.numbers()
        caller = self.carrier.call_in(keys=["1"])
        self.carrier.advance(20)
        self.talk(caller)
        self.pick()
        self.message()
        self.fall_back()

    def documents(self) -> None:
        url = self.product.url
        room = (
            f'<Dial action="/dialled"><Conference statusCallback="{url}/conference" '
            'statusCallbackEvent="start end join leave mute hold modify" participantLabel="one" '
            f'record="record-from-start" recordingStatusCallback="{url}/tape">room</Conference>'
            "</Dial>"
        )
        self.product.documents |= {
            "/voice": '<Gather numDigits="1" action="/keys"><Say>Press</Say></Gather>',
            "/keys": '<Record maxLength="3" action="/taped"/>',
            "/taped": '<Enqueue waitUrl="/wait" action="/after">hotline</Enqueue>',
            "/wait": '<Pause length="5"/>',
            "/agent": room,
            "/caller": room,
            "/second": '<Dial action="/dialled"><Queue url="/picked">hotline</Queue></Dial>',
            "/music": "<Play>/tone.wav</Play>",
            "/sms": "<Message>OK</Message>",
        }

    def numbers(self) -> None:
        url = self.product.url
        (number,) = self.client.incoming_phone_numbers.list()
        self.client.incoming_phone_numbers(number.sid).update(
            voice_url=f"{url}/voice",
            voice_fallback_url=f"{url}/fallback",
            status_callback=f"{url}/status",
            sms_url=f"{url}/sms",
        )
        assert self.client.incoming_phone_numbers(number.sid).fetch().voice_url == f"{url}/voice"
        other = self.client.incoming_phone_numbers.create(phone_number="+861095599")
        assert self.client.incoming_phone_numbers(other.sid).delete()

    def place(self, path: str, to: str = AGENT) -> str:
        made = self.client.calls.create(
            to=to,
            from_=HOTLINE,
            url=f"{self.product.url}{path}",
            status_callback=f"{self.product.url}/status",
            status_callback_event=EVERY,
            machine_detection="Enable",
            timeout=30,
        )
        self.carrier.advance(10)
        return str(made.sid)

    def talk(self, caller: str) -> None:
        agent = self.place("/agent")
        tape = self.client.calls(agent).recordings.create(
            recording_status_callback=f"{self.product.url}/tape",
            recording_status_callback_event=["in-progress", "completed"],
        )
        self.client.calls(agent).recordings(tape.sid).update(status="paused")
        assert self.client.calls(agent).recordings(tape.sid).fetch().status == "paused"
        assert len(self.client.calls(agent).recordings.list()) == 2
        (queue,) = self.client.queues.list()
        assert self.client.queues(queue.sid).fetch().current_size == 1
        (member,) = self.client.queues(queue.sid).members.list()
        assert self.client.queues(queue.sid).members(caller).fetch().position == member.position
        self.client.queues(queue.sid).members(caller).update(
            url=f"{self.product.url}/caller", method="POST"
        )
        self.carrier.settle()
        room = self.conference(agent, caller)
        self.client.conferences(room).participants(agent).delete()
        self.client.calls(caller).update(status="completed")
        self.carrier.settle()
        assert self.client.recordings(tape.sid).fetch().status == "completed"
        assert len(self.client.recordings.list()) == 3
        self.client.recordings(tape.sid).delete()

    def conference(self, agent: str, caller: str) -> str:
        (room,) = self.client.conferences.list(friendly_name="room")
        assert self.client.conferences(room.sid).fetch().status == "in-progress"
        people = self.client.conferences(room.sid).participants
        assert len(people.list()) == 2
        people(caller).update(hold=True, hold_url=f"{self.product.url}/music")
        self.carrier.settle()
        people(caller).update(hold=False)
        people(agent).update(muted=True)
        people(agent).update(muted=False)
        people(agent).update(coaching=True, call_sid_to_coach=caller)
        assert people(agent).fetch().coaching is True
        tapes = self.client.conferences(room.sid).recordings
        (tape,) = tapes.list()
        tapes(tape.sid).update(status="paused")
        assert tapes(tape.sid).fetch().status == "paused"
        return str(room.sid)

    def pick(self) -> None:
        """Another caller is taken by dialling the queue."""
        self.product.documents["/voice"] = self.product.documents["/taped"]
        self.carrier.call_in(number="+8613800138001")
        second = self.place("/second")
        self.client.calls(second).update(status="completed")
        self.carrier.settle()
        unanswered = self.place("/second", to="+861088880009")
        self.client.calls(unanswered).update(twiml="<Response><Hangup/></Response>")
        self.carrier.settle()
        assert self.client.calls(unanswered).delete()
        queue = self.client.queues.create(friendly_name="other", max_size=5)
        self.client.queues(queue.sid).update(max_size=6)
        assert self.client.queues(queue.sid).delete()

    def message(self) -> None:
        sent = self.client.messages.create(
            to=CALLER,
            from_=HOTLINE,
            body="停电通知",
            status_callback=f"{self.product.url}/sms-status",
        )
        self.carrier.advance(10)
        assert self.client.messages(sent.sid).fetch().status == "delivered"
        assert self.client.messages(sent.sid).update(body="").body == ""
        self.carrier.post("/messages", **{"from": CALLER, "to": HOTLINE, "body": "hello"})
        self.carrier.advance(10)
        assert len(self.client.messages.list(to=CALLER)) == 2
        assert self.client.messages(sent.sid).delete()

    def fall_back(self) -> None:
        self.product.statuses["/voice"] = [500]
        self.carrier.call_in()
        self.carrier.settle()


@pytest.fixture
def story(carrier_simulator: CarrierSimulator, product: Product) -> Story:
    """The story, not yet played, without a proxy."""
    return Story(carrier_simulator, product, carrier_simulator.client())


def test_every_request_and_answer_is_as_the_carriers_document_says(
    story: Story, tmp_path: Path
) -> None:
    require_judges()
    with proxy(story.carrier.url, tmp_path) as judged:
        story.client = story.carrier.client(judged, timeout=30)
        story.play()
        assert story.client.calls.list(to=AGENT, status="completed", page_size=1)
        with pytest.raises(TwilioRestException) as missing:
            story.client.calls("CA" + "0" * 32).fetch()
        assert missing.value.status == 404
        path = f"/2010-04-01/Accounts/{story.carrier.account}/Calls.json"
        refused = requests.post(f"{judged}{path}", {"To": AGENT}, auth=("a", "b"), timeout=30)
        assert refused.status_code == 422, "the proxy judges nothing"
        assert {entry["path"] for entry in story.carrier.trace("rest")}


def test_every_webhook_has_the_documented_parameters_and_no_others(story: Story) -> None:
    story.play()
    assert {got.path for got in story.product.got} == set(KINDS)
    for got in story.product.got:
        kind, names = KINDS[got.path], set(got.params)
        assert kind.required <= names, (got.path, kind.required - names)
        assert names <= kind.required | kind.optional, (got.path, got.params)
        for name in names & set(documented.VALUES):
            assert got.params[name] in documented.VALUES[name], (got.path, name, got.params)
        _check_conference(got)


def _check_conference(got: Got) -> None:
    event = got.params.get("StatusCallbackEvent", "")
    if event.startswith("participant-"):
        assert set(documented.PARTICIPANT) <= set(got.params)
    assert (set(documented.LEAVE) <= set(got.params)) == (event == "participant-leave")


def test_both_sdks_take_every_signature_and_no_other(story: Story) -> None:
    require_judges()
    story.play()
    asked = [
        {
            "token": story.carrier.token,
            "signature": got.headers["x-twilio-signature"],
            "url": got.url,
            "params": got.params,
        }
        for got in story.product.got
    ]
    assert npm_says(asked) == [True] * len(asked)
    wrong = [one | {"params": {**one["params"], "AccountSid": "x"}} for one in asked]
    assert npm_says(wrong) == [False] * len(asked)
    validator = RequestValidator(story.carrier.token)
    for one in asked:
        assert validator.validate(one["url"], one["params"], one["signature"])

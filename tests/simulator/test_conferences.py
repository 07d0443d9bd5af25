"""Queues, conferences and bridges: results, events, hold, coaching, leaving."""

from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.simulator.fixtures import AGENT, HOTLINE, CarrierSimulator, Product

ROOM = "room-1"
EVENTS = "start end join leave mute hold modify"


def conference(product: Product, more: str = "") -> str:
    """A document that joins the conference."""
    return (
        f'<Dial action="/dialled"><Conference statusCallback="{product.url}/conference" '
        f'statusCallbackEvent="{EVENTS}" {more}>{ROOM}</Conference></Dial>'
    )


@pytest.fixture
def queued(carrier_simulator: CarrierSimulator, product: Product) -> str:
    """A caller who waits in the queue."""
    product.documents["/voice"] = '<Enqueue waitUrl="/wait" action="/after">hotline</Enqueue>'
    product.documents["/wait"] = '<Say>Please wait</Say><Pause length="20"/>'
    carrier_simulator.post(
        "/numbers",
        phone_number=HOTLINE,
        voice_url=f"{product.url}/voice",
        status_callback=f"{product.url}/status",
    )
    sid = carrier_simulator.call_in()
    carrier_simulator.settle()
    return sid


def events(product: Product) -> list[str]:
    """Names of conference events, in the carrier's order."""
    got = sorted(product.at("/conference"), key=lambda one: int(one["SequenceNumber"]))
    assert [int(one["SequenceNumber"]) for one in got] == list(range(len(got)))
    return [one["StatusCallbackEvent"] for one in got]


def event(product: Product, name: str) -> dict[str, str]:
    """The only event of a name."""
    found = [one for one in product.at("/conference") if one["StatusCallbackEvent"] == name]
    assert len(found) == 1, found
    return found[0]


def with_agent(
    carrier: CarrierSimulator, product: Product, caller: str, more: str = ""
) -> tuple[str, Client]:
    """The agent is called into the conference, then the caller taken out of the queue into it."""
    client = carrier.client()
    product.documents["/agent"] = conference(product, more)
    product.documents["/caller"] = conference(product)
    agent = client.calls.create(to=AGENT, from_=HOTLINE, url=f"{product.url}/agent")
    carrier.advance(10)
    (queue,) = client.queues.list()
    client.queues(queue.sid).members(caller).update(url=f"{product.url}/caller", method="POST")
    carrier.settle()
    return str(agent.sid), client


def test_the_wait_document_is_asked_again_with_place_and_time(
    carrier_simulator: CarrierSimulator, product: Product, queued: str
) -> None:
    carrier_simulator.advance(50)
    asked = product.at("/wait")
    assert len(asked) == 3
    assert [int(one["QueueTime"]) for one in asked] == sorted(int(a["QueueTime"]) for a in asked)
    assert asked[0]["QueuePosition"] == asked[0]["CurrentQueueSize"] == "1"
    assert asked[0]["CallStatus"] == "in-progress"
    second = carrier_simulator.call_in(number="+8613800138001")
    carrier_simulator.settle()
    place = next(one for one in product.at("/wait") if one["CallSid"] == second)
    assert (place["QueuePosition"], place["CurrentQueueSize"]) == ("2", "2")


def test_a_caller_who_hangs_up_in_the_queue_is_reported_as_hangup(
    carrier_simulator: CarrierSimulator, product: Product, queued: str
) -> None:
    carrier_simulator.advance(7)
    carrier_simulator.act(queued, "hang_up")
    carrier_simulator.settle()
    (after,) = product.at("/after")
    assert (after["QueueResult"], after["CallStatus"]) == ("hangup", "completed")
    assert after["QueueTime"] == "7"
    (end,) = product.at("/status")
    assert end["CallStatus"] == "completed"


def test_the_documented_race_of_abandoned_calls_can_be_had(
    carrier_simulator: CarrierSimulator, product: Product, queued: str
) -> None:
    carrier_simulator.post("/mischief", next=["system_error"])
    carrier_simulator.act(queued, "hang_up")
    carrier_simulator.settle()
    (after,) = product.at("/after")
    assert (after["QueueResult"], after["CallStatus"]) == ("system-error", "completed")


def test_leave_goes_on_with_the_action(
    carrier_simulator: CarrierSimulator, product: Product, queued: str
) -> None:
    product.documents["/wait"] = "<Leave/>"
    product.documents["/after"] = "<Say>Goodbye</Say>"
    carrier_simulator.advance(30)
    (after,) = product.at("/after")
    assert (after["QueueResult"], after["CallStatus"]) == ("leave", "in-progress")
    heard = [entry["text"] for entry in carrier_simulator.trace("heard")]
    assert heard[-1] == "Goodbye"


def test_a_full_queue_and_a_bad_wait_document_are_told_apart(
    carrier_simulator: CarrierSimulator, product: Product, queued: str
) -> None:
    client = carrier_simulator.client()
    (queue,) = client.queues.list()
    assert (queue.current_size, queue.friendly_name) == (1, "hotline")
    queue.update(max_size=1)
    carrier_simulator.call_in(number="+8613800138001")
    carrier_simulator.settle()
    assert [one["QueueResult"] for one in product.at("/after")] == ["queue-full"]
    product.documents["/wait"] = "<Dial>no</Dial>"
    carrier_simulator.advance(30)
    assert [one["QueueResult"] for one in product.at("/after")] == ["queue-full", "error"]


def test_a_caller_taken_out_of_the_queue_is_redirected_not_bridged(
    carrier_simulator: CarrierSimulator, product: Product, queued: str
) -> None:
    with_agent(carrier_simulator, product, queued)
    (after,) = product.at("/after")
    assert (after["QueueResult"], after["CallStatus"]) == ("redirected", "in-progress")
    assert events(product) == ["participant-join", "participant-join", "conference-start"]
    client = carrier_simulator.client()
    (room,) = client.conferences.list(friendly_name=ROOM, status="in-progress")
    assert {one.call_sid for one in client.conferences(room.sid).participants.list()} >= {queued}


def test_who_is_gone_from_the_queue_cannot_be_taken_out(
    carrier_simulator: CarrierSimulator, product: Product, queued: str
) -> None:
    client = carrier_simulator.client()
    (queue,) = client.queues.list()
    carrier_simulator.act(queued, "hang_up")
    carrier_simulator.settle()
    with pytest.raises(TwilioRestException) as gone:
        client.queues(queue.sid).members(queued).update(url=f"{product.url}/caller")
    assert gone.value.status == 404


def test_the_caller_who_leaves_a_conference_hung_up(
    carrier_simulator: CarrierSimulator, product: Product, queued: str
) -> None:
    agent, client = with_agent(carrier_simulator, product, queued)
    carrier_simulator.advance(5)
    carrier_simulator.act(queued, "hang_up")
    carrier_simulator.settle()
    left = event(product, "participant-leave")
    assert (left["CallSid"], left["ReasonParticipantLeft"]) == (queued, "participant_hung_up")
    assert left["ParticipantCallStatus"] == "completed"
    assert product.at("/dialled") == []
    carrier_simulator.act(agent, "hang_up")
    carrier_simulator.settle()
    end = event(product, "conference-end")
    assert end["ReasonConferenceEnded"] == "last-participant-left"
    assert client.conferences.list(friendly_name=ROOM)[0].status == "completed"


def test_the_conference_ends_with_whom_it_must(
    carrier_simulator: CarrierSimulator, product: Product, queued: str
) -> None:
    agent, _ = with_agent(carrier_simulator, product, queued, 'endConferenceOnExit="true"')
    carrier_simulator.act(agent, "hang_up")
    carrier_simulator.settle()
    leaves = [o for o in product.at("/conference") if o["StatusCallbackEvent"].endswith("leave")]
    reasons = {one["CallSid"]: one["ReasonParticipantLeft"] for one in leaves}
    assert reasons == {agent: "participant_hung_up", queued: "moderator_ended_conference"}
    end = event(product, "conference-end")
    assert end["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"
    assert end["CallSidEndingConference"] == agent
    (dialled,) = product.at("/dialled")
    assert dialled["CallSid"] == queued


def test_hold_mute_and_coaching_are_reported(
    carrier_simulator: CarrierSimulator, product: Product, queued: str
) -> None:
    agent, client = with_agent(carrier_simulator, product, queued)
    product.documents["/music"] = "<Play>/tone.wav</Play>"
    (room,) = client.conferences.list(friendly_name=ROOM)
    seat = client.conferences(room.sid).participants(queued)
    held = seat.update(hold=True, hold_url=f"{product.url}/music")
    assert held.hold is True
    carrier_simulator.advance(25)
    assert len(product.at("/music")) == 3  # asked again whenever it ends
    assert seat.update(hold=False).hold is False
    client.conferences(room.sid).participants(agent).update(muted=True)
    client.conferences(room.sid).participants(agent).update(coaching=True, call_sid_to_coach=queued)
    carrier_simulator.settle()
    assert events(product)[3:] == [
        "participant-hold",
        "participant-unhold",
        "participant-mute",
        "participant-modify",
    ]
    assert event(product, "participant-modify")["CallSidToCoach"] == queued
    assert event(product, "participant-hold")["Hold"] == "true"


def test_a_participant_is_taken_out_and_its_document_goes_on(
    carrier_simulator: CarrierSimulator, product: Product, queued: str
) -> None:
    agent, client = with_agent(carrier_simulator, product, queued)
    (room,) = client.conferences.list(friendly_name=ROOM)
    client.conferences(room.sid).participants(agent).delete()
    carrier_simulator.settle()
    assert event(product, "participant-leave")["ReasonParticipantLeft"] == (
        "participant_updated_via_api"
    )
    assert [one["CallSid"] for one in product.at("/dialled")] == [agent]
    client.conferences(room.sid).update(status="completed")
    carrier_simulator.settle()
    end = event(product, "conference-end")
    assert end["ReasonConferenceEnded"] == "conference-ended-via-api"


def test_redirecting_a_participant_takes_it_out(
    carrier_simulator: CarrierSimulator, product: Product, queued: str
) -> None:
    _, client = with_agent(carrier_simulator, product, queued)
    product.documents["/elsewhere"] = "<Say>Elsewhere</Say>"
    client.calls(queued).update(url=f"{product.url}/elsewhere")
    carrier_simulator.settle()
    left = event(product, "participant-leave")
    assert left["CallSid"] == queued
    assert left["ReasonParticipantLeft"] == "participant_updated_via_api"


def test_dialling_the_queue_bridges_its_first_caller(
    carrier_simulator: CarrierSimulator, product: Product, queued: str
) -> None:
    client = carrier_simulator.client()
    second = carrier_simulator.call_in(number="+8613800138001")
    product.documents["/agent"] = (
        '<Dial action="/dialled"><Queue url="/told">hotline</Queue></Dial>'
    )
    agent = client.calls.create(to=AGENT, from_=HOTLINE, url=f"{product.url}/agent")
    carrier_simulator.advance(10)
    (told,) = product.at("/told")
    assert (told["CallSid"], told["DequeingCallSid"]) == (queued, agent.sid)
    assert product.at("/after") == []  # told when both sides have disconnected
    carrier_simulator.act(str(agent.sid), "hang_up")
    carrier_simulator.settle()
    (after,) = product.at("/after")
    assert (after["CallSid"], after["QueueResult"]) == (queued, "bridged")
    assert carrier_simulator.state()["queues"][0]["members"][0]["call_sid"] == second


def test_music_of_a_conference_ends_when_it_starts(
    carrier_simulator: CarrierSimulator, product: Product, queued: str
) -> None:
    product.documents["/room-music"] = "<Play>/tone.wav</Play>"
    with_agent(carrier_simulator, product, queued, f'waitUrl="{product.url}/room-music"')
    asked = len(product.at("/room-music"))
    assert asked
    carrier_simulator.advance(60)
    assert len(product.at("/room-music")) == asked


def test_dialling_a_queue_waits_as_long_as_it_says_and_fails_where_there_is_none(
    carrier_simulator: CarrierSimulator, product: Product, queued: str
) -> None:
    carrier_simulator.act(queued, "hang_up")
    product.documents["/agent"] = (
        '<Dial action="/dialled" timeout="15"><Queue>hotline</Queue></Dial>'
    )
    client = carrier_simulator.client()
    client.calls.create(to=AGENT, from_=HOTLINE, url=f"{product.url}/agent")
    carrier_simulator.advance(14)
    assert product.at("/dialled") == []
    carrier_simulator.advance(10)
    product.documents["/agent"] = '<Dial action="/dialled"><Queue>nobody</Queue></Dial>'
    client.calls.create(to=AGENT, from_=HOTLINE, url=f"{product.url}/agent")
    carrier_simulator.advance(10)
    assert [one["DialCallStatus"] for one in product.at("/dialled")] == ["no-answer", "failed"]


def test_a_caller_who_hangs_up_while_told_of_the_agent_ends_the_dial(
    carrier_simulator: CarrierSimulator, product: Product, queued: str
) -> None:
    product.documents["/agent"] = (
        '<Dial action="/dialled"><Queue url="/told">hotline</Queue></Dial>'
    )
    product.documents["/told"] = '<Pause length="30"/>'
    client = carrier_simulator.client()
    client.calls.create(to=AGENT, from_=HOTLINE, url=f"{product.url}/agent")
    carrier_simulator.advance(10)
    carrier_simulator.act(queued, "hang_up")
    carrier_simulator.advance(30)
    assert [one["QueueResult"] for one in product.at("/after")] == ["bridged"]
    assert len(product.at("/dialled")) == 1
    assert all(call["ended_at"] for call in carrier_simulator.state()["calls"])


def test_dialling_a_number_bridges_and_reports_the_other_leg(
    carrier_simulator: CarrierSimulator, product: Product
) -> None:
    product.documents["/voice"] = (
        '<Dial action="/dialled" timeout="20">'
        f'<Number statusCallback="/leg" statusCallbackEvent="ringing answered completed">{AGENT}'
        "</Number></Dial>"
    )
    carrier_simulator.post("/numbers", phone_number=HOTLINE, voice_url=f"{product.url}/voice")
    carrier_simulator.post("/phones", number=AGENT, ring_s=3)
    caller = carrier_simulator.call_in(talk_s=30)
    carrier_simulator.advance(60)
    legs = sorted(product.at("/leg"), key=lambda one: int(one["SequenceNumber"]))
    assert [one["CallStatus"] for one in legs] == ["ringing", "in-progress", "completed"]
    assert {one["ParentCallSid"] for one in legs} == {caller}
    assert {one["Direction"] for one in legs} == {"outbound-dial"}
    assert carrier_simulator.call(caller)["status"] == "completed"


@pytest.mark.parametrize(("answer", "status"), [("busy", "busy"), ("no-answer", "no-answer")])
def test_a_dialled_number_that_does_not_answer_goes_on_with_the_action(
    carrier_simulator: CarrierSimulator, product: Product, answer: str, status: str
) -> None:
    product.documents["/voice"] = f'<Dial action="/dialled" timeout="10">{AGENT}</Dial>'
    carrier_simulator.post("/numbers", phone_number=HOTLINE, voice_url=f"{product.url}/voice")
    carrier_simulator.post("/phones", number=AGENT, answer=answer)
    carrier_simulator.call_in()
    carrier_simulator.advance(20)
    (dialled,) = product.at("/dialled")
    assert (dialled["DialCallStatus"], dialled["DialBridged"]) == (status, "false")


def recorded(carrier: CarrierSimulator) -> Any:
    return carrier.state()["recordings"]


def test_a_recording_is_paused_without_its_pause(
    carrier_simulator: CarrierSimulator, product: Product, queued: str
) -> None:
    client = carrier_simulator.client()
    tape = client.calls(queued).recordings.create(
        recording_status_callback=f"{product.url}/tape",
        recording_status_callback_event=["in-progress", "completed"],
    )
    carrier_simulator.advance(10)
    client.calls(queued).recordings("Twilio.CURRENT").update(status="paused")
    carrier_simulator.advance(30)
    client.calls(queued).recordings(tape.sid).update(status="in-progress")
    carrier_simulator.advance(5)
    carrier_simulator.act(queued, "hang_up")
    carrier_simulator.settle()
    done = product.at("/tape")
    assert {one["RecordingStatus"] for one in done} == {"in-progress", "completed"}
    (end,) = [one for one in done if one["RecordingStatus"] == "completed"]
    assert end["RecordingDuration"] == "15"
    media = carrier_simulator.control.get(
        end["RecordingUrl"] + ".wav", auth=(carrier_simulator.account, carrier_simulator.token)
    )
    assert media.content[:4] == b"RIFF"
    assert client.recordings(tape.sid).delete()
    with pytest.raises(TwilioRestException) as gone:
        client.recordings(tape.sid).fetch()
    assert gone.value.status == 404


def test_a_conference_is_recorded_when_its_document_says_so(
    carrier_simulator: CarrierSimulator, product: Product, queued: str
) -> None:
    more = f'record="record-from-start" recordingStatusCallback="{product.url}/tape"'
    agent, client = with_agent(carrier_simulator, product, queued, more)
    (room,) = client.conferences.list(friendly_name=ROOM)
    (tape,) = client.conferences(room.sid).recordings.list()
    carrier_simulator.advance(4)
    client.conferences(room.sid).recordings(tape.sid).update(status="paused")
    carrier_simulator.advance(90)
    for leg in (agent, queued):
        carrier_simulator.act(leg, "hang_up")
    carrier_simulator.settle()
    (end,) = product.at("/tape")
    assert (end["RecordingSource"], end["ConferenceSid"]) == ("Conference", room.sid)
    assert 4 <= int(end["RecordingDuration"]) < 90

"""Listening: with a reason that is on record, through the product, never past its time."""

import io
import socket
import threading
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.settings import settings
from dispatch.starter import ORG_ID
from telephony.gateway import CarrierFailed, NoSuchRange
from telephony.recordings.policy import policy
from telephony.twilio.archive import TwilioArchive, span
from telephony.twilio.client import gateway_of
from tests.office import Office, user_id
from tests.recordings.studio import Studio
from tests.recordings.test_gateway import DOCUMENT
from tests.simulator.fixtures import CarrierSimulator, carrier_simulator

__all__ = ["carrier_simulator"]
SID = "RE" + "a" * 32
WHY = {"reason": "complaint"}


@pytest.fixture
def studio(own_office: Office) -> Iterator[Studio]:
    """After each test the facts tell what the rows say."""
    found = Studio(ORG_ID)
    yield found
    assert found.findings() == []


@pytest.fixture
def carrier(
    own_office: Office, carrier_simulator: CarrierSimulator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CarrierSimulator]:
    """The carrier that the office's settings name."""
    monkeypatch.setenv("PAIDAN_TWILIO_ACCOUNT_SID", carrier_simulator.account)
    monkeypatch.setenv("PAIDAN_TWILIO_AUTH_TOKEN", carrier_simulator.token)
    monkeypatch.setenv("PAIDAN_TWILIO_API_URL", carrier_simulator.url)
    settings.cache_clear()
    yield carrier_simulator
    settings.cache_clear()


def spoken(carrier: CarrierSimulator) -> str:
    """A recording that the carrier has."""
    client = carrier.client()
    call = client.calls.create(to="+861088880001", from_="+861095598", twiml=DOCUMENT)
    carrier.advance(20)
    tape = client.calls(call.sid).recordings.create()
    carrier.advance(3)
    client.calls(call.sid).update(status="completed")
    carrier.settle()
    return str(tape.sid)


def listed(office: Office, login: str, call_id: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = office.person(login).get(f"/api/calls/{call_id}/recordings")[
        "recordings"
    ]
    return found


def test_a_supervisor_hears_a_conversation_and_it_is_on_record(
    own_office: Office, studio: Studio, carrier: CarrierSimulator
) -> None:
    tape = studio.recorded(sid=spoken(carrier))
    supervisor = own_office.person("supervisor")
    [row] = listed(own_office, "supervisor", tape.call_id)
    assert (row["state"], row["kind"], row["may_listen"], row["accesses"]) == (
        "ready",
        "conversation",
        True,
        [],
    )
    opened = supervisor.post(f"/api/recordings/{tape.id}/listen", WHY)
    whole = supervisor.http.get(opened["audio"])
    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/wav")
    assert "no-store" in whole.headers["cache-control"]
    with wave.open(io.BytesIO(whole.content)) as sound:
        assert sound.getnframes() > 0
    part = supervisor.http.get(opened["audio"], headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole.content)}"
    end = supervisor.http.get(opened["audio"], headers={"Range": "bytes=-4"})
    assert end.content == whole.content[-4:]
    beyond = supervisor.http.get(opened["audio"], headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416
    [row] = listed(own_office, "supervisor", tape.call_id)
    [access] = row["accesses"]
    assert (access["reason"], access["user_id"]) == ("complaint", str(user_id("supervisor")))
    assert studio.facts(tape.id)[-1] == "listened"
    [seen] = supervisor.get("/api/recordings/accesses")
    assert (seen["id"], seen["call_id"], seen["kind"]) == (
        access["id"],
        str(tape.call_id),
        "conversation",
    )
    assert "投诉" in seen["reason_zh"]


def test_an_agent_hears_messages_and_no_conversations(
    own_office: Office, studio: Studio, carrier: CarrierSimulator
) -> None:
    sid = spoken(carrier)
    left, said = studio.message(sid), studio.recorded()
    agent = own_office.person("agent")
    assert [one["may_listen"] for one in listed(own_office, "agent", left.call_id)] == [True]
    assert [one["may_listen"] for one in listed(own_office, "agent", said.call_id)] == [False]
    opened = agent.post(f"/api/recordings/{left.id}/listen", {"reason": "call_back"})
    assert agent.http.get(opened["audio"]).status_code == 200
    refused = agent.try_post(f"/api/recordings/{said.id}/listen", WHY)
    assert refused.status_code == 403
    other = agent.http.get(opened["audio"].replace(str(left.id), str(said.id)))
    assert (other.status_code, other.json()["code"]) == (409, "say_why")
    lead = own_office.person("lead").http.get(opened["audio"])
    assert (lead.status_code, lead.json()["code"]) == (409, "say_why"), "another's reason"
    assert len(listed(own_office, "agent", left.call_id)[0]["accesses"]) == 1


def test_a_reason_is_needed_and_holds_for_a_while(
    own_office: Office, studio: Studio, carrier: CarrierSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = studio.recorded(sid=spoken(carrier))
    supervisor = own_office.person("supervisor")
    wrong = supervisor.try_post(f"/api/recordings/{tape.id}/listen", {"reason": "curiosity"})
    assert wrong.json()["errors"][0]["field"] == "body.reason"
    opened = supervisor.post(f"/api/recordings/{tape.id}/listen", WHY)
    brief = policy().model_copy(update={"listen_s": 0.0})
    monkeypatch.setattr("telephony.recordings.listening.policy", lambda: brief)
    late = supervisor.http.get(opened["audio"])
    assert (late.status_code, late.json()["code"]) == (409, "say_why")


def test_what_is_kept_is_not_erased_and_what_is_erased_is_not_heard(
    own_office: Office, studio: Studio
) -> None:
    tape = studio.recorded()
    supervisor = own_office.person("supervisor")
    path = f"/api/recordings/{tape.id}"
    kept = supervisor.post(f"{path}/keep", {"words": "诉讼 2026-117"})
    assert (kept["kept_why"], kept["until"]) == ("诉讼 2026-117", None)
    studio.days(policy().days["conversation"] + 1)
    assert studio.records() == 0, "it is kept"
    why = {"words": "来电人要求删除"}
    refused = supervisor.try_post(f"{path}/erase", why)
    assert refused.json()["code"] == "recording_kept"
    assert supervisor.post(f"{path}/release")["until"] is not None
    silent = supervisor.try_post(f"{path}/erase", {"words": ""})
    assert silent.json()["errors"][0]["field"] == "body.words"
    gone = supervisor.post(f"{path}/erase", why)
    assert (gone["state"], gone["gone_words"]) == ("expired", "来电人要求删除")
    assert gone["gone_by"] == supervisor.me["user"]["name"]
    assert supervisor.post(f"{path}/erase", why)["gone_why"] == "person"
    (command,) = studio.waiting()
    assert command.params == {"recording": tape.carrier_recording}
    heard = supervisor.try_post(f"{path}/listen", WHY)
    assert heard.json()["code"] == "nothing_to_hear"
    studio.answers()
    studio.records()
    assert listed(own_office, "supervisor", tape.call_id)[0]["state"] == "deleted"
    told = ["kept", "released", "expired", "deleted"]
    assert studio.facts(tape.id)[-4:] == told


def test_without_a_carrier_nothing_is_heard_and_the_answer_says_so(
    own_office: Office, studio: Studio
) -> None:
    tape = studio.recorded()
    assert gateway_of(settings()) is None
    opened = own_office.person("supervisor").post(f"/api/recordings/{tape.id}/listen", WHY)
    answer = own_office.person("supervisor").http.get(opened["audio"])
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_what_the_carrier_has_erased_by_itself_is_not_there(
    own_office: Office, studio: Studio, carrier: CarrierSimulator
) -> None:
    tape = studio.recorded(sid=SID)
    opened = own_office.person("supervisor").post(f"/api/recordings/{tape.id}/listen", WHY)
    answer = own_office.person("supervisor").http.get(opened["audio"])
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_hear")


@given(st.integers(1, 300), st.none() | st.integers(0, 400), st.none() | st.integers(0, 400))
def test_a_range_is_what_it_says(size: int, first: int | None, last: int | None) -> None:
    data = bytes(n % 251 for n in range(size))
    if first is not None and last is not None and last < first:
        return
    wanted = data[-last:] if first is None and last else data
    if first is not None:
        wanted = data[first : None if last is None else last + 1]
    try:
        begin, end = span(size, first, last)
    except NoSuchRange:
        assert wanted == b"" or last == 0
        return
    assert data[begin : end + 1] == wanted


@contextmanager
def answering(*lines: str, body: bytes = b"") -> Iterator[tuple[str, list[bytes]]]:
    """One answer of a carrier; what it was asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                asked.append(connection.recv(65536))
                connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
        thread.join()


def test_a_carrier_that_gives_ranges_is_asked_for_the_range() -> None:
    lines = ("HTTP/1.1 206 Part", "Content-Range: bytes 10-13/100", "Content-Length: 4")
    with answering(*lines, body=b"abcd") as (url, asked):
        found = TwilioArchive("AC1", "token", url).audio(SID, 10, 13)
        assert found is not None
        assert (found.first, found.last, found.size) == (10, 13, 100)
        assert b"".join(found.pieces) == b"abcd"
    assert b"Range: bytes=10-13" in asked[0]
    assert b"Authorization: Basic" in asked[0]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (("HTTP/1.1 500 Oops", "Content-Length: 0"), "500"),
        (("HTTP/1.1 401 No", "Content-Length: 0"), "401"),
        (("HTTP/1.1 200 OK", "Content-Length: 999999999"), "too_large"),
        (("HTTP/1.1 200 OK", "Connection: close"), "no_length"),
        (("HTTP/1.1 206 Part", "Content-Length: 4"), "no_range"),
    ],
)
def test_what_cannot_be_played_is_an_error_with_a_code(lines: tuple[str, ...], code: str) -> None:
    with answering(*lines) as (url, _), pytest.raises(CarrierFailed) as caught:
        TwilioArchive("AC1", "token", url).audio(SID, None, None)
    assert caught.value.code == code


def test_only_the_carriers_own_ids_are_asked_for() -> None:
    with pytest.raises(CarrierFailed, match="no_such_recording"):
        TwilioArchive("AC1", "token", "http://127.0.0.1:9").audio("../Calls", None, None)
    with pytest.raises(CarrierFailed, match="no_connection"):
        TwilioArchive("AC1", "token", "http://127.0.0.1:9").audio(SID, None, None)

"""What a failure of the carrier's interface means, and that nothing of a request is logged."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from twilio.rest import Client

from core.clock import real_now
from core.logging import QUERIES_LOGGED_BY
from core.settings import Settings, settings
from telephony.gateway import (
    Busy,
    Capabilities,
    CarrierFailed,
    NewCall,
    NewMessage,
    Refused,
    Unreached,
    Unsure,
)
from telephony.script import HangUp
from telephony.twilio.client import TwilioGateway, gateway_of
from telephony.twilio.http import HttpClient, UnknownHost
from tests.simulator.fixtures import AGENT, HOTLINE, CarrierSimulator

CALL = NewCall(UUID(int=1), AGENT, HOTLINE)
Talk = Callable[[socket.socket], None]


def gateway_at(url: str, read_s: float = 5.0) -> TwilioGateway:
    client = Client("AC" + "1" * 32, "token", http_client=HttpClient(url, read_s), environment={})
    return TwilioGateway(client, Capabilities())


@contextmanager
def server(talk: Talk) -> Iterator[str]:
    """Takes one connection, reads a request and lets `talk` do with it what it likes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                talk(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def says(status: str, body: str = "{}", *headers: str) -> Talk:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    answer = "\r\n".join([*lines, "", body]).encode()
    return lambda connection: connection.sendall(answer)


ERRORS: dict[str, tuple[Talk, type[CarrierFailed], str]] = {
    "closed": (lambda _connection: None, Unsure, "connection_lost"),
    "half an answer": (says("201 Created", '{"sid": "CA'), Unsure, "garbled"),
    "no id": (says("201 Created", "{}"), Unsure, "no_id"),
    "server error": (says("500 Oops"), Unsure, "500"),
    "bad gateway": (says("502 Bad Gateway"), Unsure, "502"),
    "too many": (says("429 Too Many", '{"code": 20429}', "Retry-After: 7"), Busy, "429"),
    "wrong number": (says("400 Bad", '{"code": 21211, "message": "x"}'), Refused, "21211"),
    "wrong password": (says("401 No", '{"code": 20003, "message": "x"}'), Refused, "20003"),
}


@pytest.mark.parametrize("what", ERRORS)
def test_what_an_answer_means(what: str) -> None:
    talk, kind, code = ERRORS[what]
    with server(talk) as url, pytest.raises(CarrierFailed) as caught:
        gateway_at(url).place_call(CALL)
    assert type(caught.value) is kind
    assert code in caught.value.code
    if isinstance(caught.value, Busy):
        assert caught.value.seconds == 7


def test_no_answer_in_time_is_unsure() -> None:
    ended = threading.Event()

    def silent(_connection: socket.socket) -> None:
        ended.wait(30)

    with server(silent) as url:
        with pytest.raises(Unsure, match="timeout"):
            gateway_at(url, read_s=0.2).place_call(CALL)
        ended.set()


def test_nobody_there_is_unreached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreached):
        gateway_at(f"http://127.0.0.1:{port}").place_call(CALL)


def test_no_other_host_is_ever_asked() -> None:
    with pytest.raises(UnknownHost, match=r"evil\.example"):
        HttpClient("http://127.0.0.1:9").request("GET", "https://evil.example/2010-04-01")


def test_without_an_account_there_is_no_gateway() -> None:
    assert gateway_of(Settings(twilio_account_sid=None, twilio_auth_token="x")) is None  # type: ignore[arg-type]
    assert gateway_of(Settings(twilio_account_sid="AC1", twilio_auth_token=None)) is None


@pytest.fixture
def gateway(
    carrier_simulator: CarrierSimulator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TwilioGateway]:
    monkeypatch.setenv("PAIDAN_TWILIO_ACCOUNT_SID", carrier_simulator.account)
    monkeypatch.setenv("PAIDAN_TWILIO_AUTH_TOKEN", carrier_simulator.token)
    monkeypatch.setenv("PAIDAN_TWILIO_API_URL", carrier_simulator.url)
    monkeypatch.setenv("PAIDAN_PUBLIC_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    made = gateway_of(settings())
    assert made is not None
    yield made
    settings.cache_clear()


def test_calls_and_messages_are_found_again(gateway: TwilioGateway) -> None:
    since = real_now() - timedelta(minutes=10)
    sid = gateway.place_call(CALL)
    assert [one.carrier_call for one in gateway.calls(AGENT, since)] == [sid]
    found = gateway.call(sid)
    assert found is not None
    assert (found.from_number, found.to_number) == (HOTLINE, AGENT)
    assert gateway.calls("+8613900000009", since) == []
    assert gateway.call("CA" + "9" * 32) is None
    sent = gateway.send_message(NewMessage(UUID(int=2), AGENT, HOTLINE, "您好"))
    (message,) = gateway.messages(AGENT, since)
    assert (message.carrier_message, message.text) == (sent, "您好")
    assert gateway.message("SM" + "9" * 32) is None


def test_a_leg_that_is_over_is_hung_up_without_an_error(gateway: TwilioGateway) -> None:
    sid = gateway.place_call(CALL)
    gateway.hang_up(sid)
    gateway.hang_up(sid)
    with pytest.raises(Refused):
        gateway.redirect(sid, (HangUp(),), UUID(int=1))


def test_nothing_of_a_request_is_logged(
    gateway: TwilioGateway, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in QUERIES_LOGGED_BY:  # as `configure_logging` does
        monkeypatch.setattr(logging.getLogger(name), "level", logging.ERROR)
    with caplog.at_level(logging.DEBUG):
        gateway.place_call(CALL)
        gateway.calls(AGENT, real_now())
        gateway.send_message(NewMessage(UUID(int=2), AGENT, HOTLINE, "停电通知"))
    told = "\n".join(record.getMessage() for record in caplog.records)
    for secret in (AGENT.removeprefix("+"), HOTLINE.removeprefix("+"), "停电通知"):
        assert secret not in told

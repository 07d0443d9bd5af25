"""One request to Twilio: to whom it may go, how long it may take, what its failure means."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from telephony.gateway import Busy, Unreached, Unsure

API = "https://api.twilio.com"
CONNECT_S = 3.0
READ_S = 10.0
AGAIN_S = 1.0
"""Until a carrier that has too much to do is asked again, where it does not say when."""
SESSIONS = 16
TOO_MANY = 429
NO_CONTENT = 204
ERROR = 300
SERVER_ERROR = 500


class UnknownHost(RuntimeError):
    """The library wants to reach a host that is not the carrier's."""


class HttpClient(TwilioHttpClient):  # type: ignore[misc]  # the library has no types
    """Sends the library's requests to `base_url` in place of the carrier's own, and nowhere else.

    Nothing is logged: requests hold numbers of people and the words of messages.
    """

    def __init__(self, base_url: str = API, read_s: float = READ_S) -> None:
        super().__init__()
        self.timeout = (CONNECT_S, read_s)
        self._hosts = {API: base_url.rstrip("/")}
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=SESSIONS, max_retries=0)
        self.session.mount("https://", adapter)
        self.session.mount("http://", adapter)

    def request(self, method: str, url: str, *rest: Any, **more: Any) -> Response:
        """The answer. Raises Unreached, Unsure or Busy for what is none, UnknownHost."""
        try:
            response = super().request(method, self._address(url), *rest, **more)
        except requests.ConnectTimeout:
            raise Unreached("connect_timeout") from None
        except requests.Timeout:
            raise Unsure("timeout") from None
        except requests.ConnectionError as error:
            raise _unconnected(error) from None
        except requests.RequestException as error:
            raise Unsure(type(error).__name__) from None
        if response.status_code == TOO_MANY:
            raise Busy(str(TOO_MANY), _seconds(response.headers or {}))
        if response.status_code >= SERVER_ERROR:
            raise Unsure(str(response.status_code))
        if response.status_code < ERROR and response.status_code != NO_CONTENT:
            _must_be_whole(response.text)
        return response

    def log_request(self, _kwargs: Mapping[str, Any]) -> None:
        """Not logged."""

    def log_response(self, _status: int, _response: Any) -> None:
        """Not logged."""

    def _address(self, url: str) -> str:
        parts = urlsplit(url)
        base = self._hosts.get(f"{parts.scheme}://{parts.netloc}")
        if base is None:
            raise UnknownHost(parts.netloc)
        return base + parts.path + (f"?{parts.query}" if parts.query else "")


def _unconnected(error: requests.ConnectionError) -> Unreached | Unsure:
    """Whether the request can have arrived: only what failed before a connection has not."""
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    if isinstance(reason, NewConnectionError | ConnectTimeoutError):
        return Unreached("no_connection")
    return Unsure("connection_lost")


def _must_be_whole(answer: str) -> None:
    """What was cut off was done nevertheless, and nobody knows its id. Raises Unsure."""
    try:
        json.loads(answer)
    except ValueError:
        raise Unsure("garbled") from None


def _seconds(headers: Mapping[str, str]) -> float:
    try:
        return max(0.1, min(60.0, float(headers.get("Retry-After", AGAIN_S))))
    except ValueError:
        return AGAIN_S

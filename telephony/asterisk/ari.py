"""One request to Asterisk's REST interface: what it may take, what its failure means.

Nothing is logged: requests hold numbers of people.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from core.settings import Settings
from telephony.gateway import Refused, Unreached, Unsure

APP = "paidan"
"""Our name in the dialplan: `Stasis(paidan,…)`."""
PARTY = "PAIDAN_PARTY"
AT = "PAIDAN_AT"
WISH = "PAIDAN_WISH"
END = "PAIDAN_END_"
"""Variables: who is at the channel, what it last asked, what we want of it, how it has ended."""
TIMEOUT = httpx.Timeout(10.0, connect=3.0)
NOT_FOUND = 404
CONFLICT = 409
ERROR = 400
SERVER_ERROR = 500
UNAUTHORIZED = (401, 403)


class WrongLogin(Refused):
    """The exchange knows no such user, or another password."""


def credentials(own: Settings) -> tuple[str, str]:
    """User and password."""
    password = own.asterisk_password.get_secret_value() if own.asterisk_password else ""
    return own.asterisk_user, password


def path(*parts: str) -> str:
    """An address below `/ari`, whatever the parts hold."""
    return "/ari/" + "/".join(quote(part, safe="") for part in parts)


def events_url(base: str) -> str:
    """Where the events of all channels are told: else the end of one that left us is missing."""
    where = base.rstrip("/").replace("http", "ws", 1)
    return f"{where}/ari/events?app={APP}&subscribeAll=true"


def checked(response: httpx.Response, but: tuple[int, ...]) -> Any:
    """The answer's JSON, None where it has none or is one of `but`. Raises CarrierFailed."""
    code = response.status_code
    if code in but:
        return None
    if code in UNAUTHORIZED:
        raise WrongLogin(str(code))
    if code >= SERVER_ERROR:
        raise Unsure(str(code))
    if code >= ERROR:
        raise Refused(str(code))
    return response.json() if response.content else None


class Ari:
    """Requests that wait for their answer; safe for several threads."""

    def __init__(self, base: str, login: tuple[str, str]) -> None:
        self._http = httpx.Client(base_url=base, auth=login, timeout=TIMEOUT)

    def ask(
        self,
        method: str,
        where: str,
        json: Any = None,
        but: tuple[int, ...] = (),
        query: Mapping[str, str] | None = None,
    ) -> Any:
        """The answer, None for the statuses `but`. Raises CarrierFailed."""
        try:
            answer = self._http.request(method, where, json=json, params=query)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise Unreached("no_connection") from None
        except httpx.HTTPError as error:
            raise Unsure(type(error).__name__) from None
        return checked(answer, but)

    def close(self) -> None:
        """End all connections."""
        self._http.close()


class AriAsync:
    """The same for an event loop."""

    def __init__(self, base: str, login: tuple[str, str]) -> None:
        self._http = httpx.AsyncClient(base_url=base, auth=login, timeout=TIMEOUT)

    async def ask(
        self,
        method: str,
        where: str,
        json: Any = None,
        but: tuple[int, ...] = (),
        query: Mapping[str, str] | None = None,
    ) -> Any:
        """The answer, None for the statuses `but`. Raises CarrierFailed."""
        try:
            answer = await self._http.request(method, where, json=json, params=query)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise Unreached("no_connection") from None
        except httpx.HTTPError as error:
            raise Unsure(type(error).__name__) from None
        return checked(answer, but)

    async def close(self) -> None:
        """End all connections."""
        await self._http.aclose()

"""Recordings of Twilio as sound, some bytes at a time. Nothing of it is stored or logged here."""

import re
from collections.abc import Iterator

import requests

from core.settings import Settings
from telephony.gateway import Archive, Audio, NoSuchRange, Refused, Unreached, Unsure
from telephony.twilio.http import API, CONNECT_S, READ_S, SERVER_ERROR

PIECE = 64 * 1024
LARGEST = 256 * 1024 * 1024
"""Bytes of a recording that is played: two hours with both sides."""
OK, PART, NOT_FOUND, BAD_RANGE = 200, 206, 404, 416
_SID = re.compile(r"RE[0-9a-fA-F]{32}")
_CONTENT = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_WHOLE = re.compile(r"bytes \*/(\d+)")


class TwilioArchive:
    """One account. Each request takes at most the two timeouts, each piece the second one."""

    def __init__(self, account: str, token: str, base_url: str = API) -> None:
        self._auth = (account, token)
        self._base = f"{base_url.rstrip('/')}/2010-04-01/Accounts/{account}/Recordings"

    def audio(self, recording: str, first: int | None, last: int | None) -> Audio | None:
        """The sound of a recording, or some bytes of it; None where the carrier has none.

        `first` None: the last `last` bytes. A carrier that gives all of it is cut here. Raises
        CarrierFailed, NoSuchRange.
        """
        if not _SID.fullmatch(recording):
            raise Refused("no_such_recording")
        answer = self._get(recording, _range(first, last))
        try:
            return _audio(answer, first, last)
        except BaseException:
            answer.close()
            raise

    def _get(self, recording: str, wanted: str | None) -> requests.Response:
        headers = {"Accept-Encoding": "identity"} | ({"Range": wanted} if wanted else {})
        try:
            with requests.Session() as session:
                session.trust_env = False
                session.max_redirects = 3
                return session.get(
                    f"{self._base}/{recording}.wav",
                    headers=headers,
                    auth=self._auth,
                    timeout=(CONNECT_S, READ_S),
                    stream=True,
                )
        except requests.ConnectionError:
            raise Unreached("no_connection") from None
        except requests.RequestException as error:
            raise Unsure(type(error).__name__) from None


def archive_of(own: Settings) -> Archive | None:
    """Where the settings' carrier keeps recordings; None where account or token is missing."""
    token = own.twilio_auth_token.get_secret_value() if own.twilio_auth_token else ""
    if not token or not own.twilio_account_sid:
        return None
    return TwilioArchive(own.twilio_account_sid, token, own.twilio_api_url or API)


def _range(first: int | None, last: int | None) -> str | None:
    if first is None:
        return None if last is None else f"bytes=-{last}"
    return f"bytes={first}-{'' if last is None else last}"


def _audio(answer: requests.Response, first: int | None, last: int | None) -> Audio | None:
    if answer.status_code == NOT_FOUND:
        answer.close()
        return None
    if answer.status_code == BAD_RANGE:
        found = _WHOLE.fullmatch(answer.headers.get("Content-Range", ""))
        raise NoSuchRange(int(found[1]) if found else 0)
    if answer.status_code >= SERVER_ERROR:
        raise Unsure(str(answer.status_code))
    if answer.status_code not in (OK, PART):
        raise Refused(str(answer.status_code))
    size, begin, end = _place(answer, first, last)
    if size > LARGEST:
        raise Refused("too_large")
    skip = begin if answer.status_code == OK else 0
    return Audio("audio/wav", size, begin, end, _pieces(answer, skip, end - begin + 1))


def _place(answer: requests.Response, first: int | None, last: int | None) -> tuple[int, int, int]:
    """(size, first byte, last byte) of what is to be given. Raises NoSuchRange, Unsure."""
    if answer.status_code == PART:
        found = _CONTENT.fullmatch(answer.headers.get("Content-Range", ""))
        if found is None:
            raise Unsure("no_range")
        return int(found[3]), int(found[1]), int(found[2])
    length = answer.headers.get("Content-Length", "")
    if not length.isdecimal():
        raise Unsure("no_length")
    size = int(length)
    begin, end = span(size, first, last)
    return size, begin, end


def span(size: int, first: int | None, last: int | None) -> tuple[int, int]:
    """First and last byte of what is wanted of so many. Raises NoSuchRange."""
    if first is None:
        begin, end = (0 if last is None else max(size - last, 0)), size - 1
    else:
        begin, end = first, size - 1 if last is None else min(last, size - 1)
    if size > 0 and begin > end:
        raise NoSuchRange(size)
    return begin, end


def _pieces(answer: requests.Response, skip: int, count: int) -> Iterator[bytes]:
    """So many bytes after those that are skipped; the connection is closed in the end."""
    with answer:
        for piece in answer.iter_content(PIECE):
            wanted = piece[skip : skip + count]
            skip = max(skip - len(piece), 0)
            count -= len(wanted)
            if wanted:
                yield wanted
            if count <= 0:
                return

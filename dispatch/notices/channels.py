"""The channels of this installation, by name: chat robots and mail, and the carrier's to come."""

import logging
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from core.logging import logger
from core.settings import settings
from dispatch.notices.port import Channel, Message, NotSent, Unavailable

log = logger(__name__)


class LogChannel:
    """The null adapter: a line in the log, and an attempt that says that nothing is set up."""

    addresses = 1

    def __init__(self, channel: str) -> None:
        self.channel = channel

    def send(self, message: Message, address: int) -> None:
        log.warning(
            "notice_without_channel", channel=self.channel, text=message.code, address=address
        )
        raise Unavailable(self.channel)


class AppriseChannel:
    """Chat robots and mail by the addresses of `apprise`, one after the other."""

    def __init__(self, urls: Sequence[str], timeout_s: float) -> None:
        self._urls = tuple(urls)
        self._timeout_s = timeout_s
        self.addresses = len(self._urls)

    def send(self, message: Message, address: int) -> None:
        try:
            target = _target(self._urls[address])
            if target is None:
                raise NotSent("address_not_valid", again=False)
            target.socket_connect_timeout = self._timeout_s
            target.socket_read_timeout = self._timeout_s
            title = f"{message.title.zh} {message.title.en}"
            sent = target.notify(title=title, body=f"{message.text.zh}\n{message.text.en}")
        except NotSent:
            raise
        except Exception as error:  # a plugin of somebody else's may raise anything
            raise NotSent(type(error).__name__, again=True) from None
        if not sent:
            raise NotSent("refused", again=True)


def _target(url: str) -> Any:
    """The plugin for an address; None where there is none. Logs below it would hold the address."""
    from apprise import Apprise

    logging.getLogger("apprise").disabled = True
    logging.getLogger("urllib3").setLevel(logging.INFO)
    return Apprise.instantiate(url)


@lru_cache(maxsize=16)
def _split(urls: str) -> tuple[str, ...]:
    return tuple(urls.split())


def channel_called(name: str) -> Channel:
    """The adapter of a channel; the null one where nothing is set up."""
    own = settings()
    wanted = {"robot": own.notify_robot_urls, "mail": own.notify_mail_urls}.get(name)
    urls = _split(wanted.get_secret_value()) if wanted else ()
    return AppriseChannel(urls, own.notify_timeout_seconds) if urls else LogChannel(name)

"""`paidan asterisk`: plays what callers hear on an exchange of the house, and tells what happens.

It ends with a message where the exchange refuses the login: nothing helps but a person.
"""

import asyncio
import signal

from api.wiring import wire
from core.logging import logger
from core.settings import settings
from telephony.asterisk.adapter import Adapter, Replaced, WrongLogin, lead
from telephony.asterisk.client import gateway_of

REFUSED = (
    "Asterisk 拒绝登录：请检查 PAIDAN_ASTERISK_USER 与 PAIDAN_ASTERISK_PASSWORD。"
    " / Asterisk refuses the login: check PAIDAN_ASTERISK_USER and PAIDAN_ASTERISK_PASSWORD."
)
REPLACED = (
    "另有程序以 paidan 之名连接 Asterisk。"
    " / Another program is connected to Asterisk by the name paidan."
)
NOT_SET_UP = "未设置 PAIDAN_ASTERISK_URL。 / PAIDAN_ASTERISK_URL is not set."
log = logger(__name__)


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    wire()
    gateway = gateway_of(settings())
    if gateway is None:
        raise SystemExit(NOT_SET_UP)
    try:
        asyncio.run(_run(Adapter(settings(), gateway)))
    except WrongLogin:
        raise SystemExit(REFUSED) from None
    except Replaced:
        raise SystemExit(REPLACED) from None


async def _run(adapter: Adapter) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, adapter.stopping.set)
    log.info("asterisk_started")
    await lead(adapter.stopping, adapter)

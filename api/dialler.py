"""`paidan dial`: asks the carrier for what was written down; any number may run, one works."""

import signal
from typing import Any

from api.wiring import wire
from core.logging import logger
from core.settings import settings
from telephony.dialling import Dialler
from telephony.twilio.client import gateway_of

log = logger(__name__)


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    wire()
    gateway = gateway_of(settings())
    dialler = Dialler(gateway)

    def stop(_signal: int, _frame: Any) -> None:
        dialler.stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    log.info("dialler_started", carrier=gateway.name if gateway else None)
    dialler.run()

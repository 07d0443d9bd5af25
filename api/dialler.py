"""`paidan dial`: asks the carrier for what was written down; any number may run, one works.

Each also tells the reports that were taken, lets the phones of agents ring (the switchboard), and
asks for calls of which nothing is heard any more.
"""

import signal
import threading
from typing import Any

from api.switching import Switching
from api.wiring import wire
from core.logging import logger
from core.settings import settings
from telephony.asterisk import client as asterisk
from telephony.dialling import Dialler
from telephony.gateway import Gateway
from telephony.recordings.lost import LostRecordings
from telephony.sweep import Sweeper
from telephony.teller import Teller
from telephony.twilio import client as twilio

log = logger(__name__)


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    wire()
    gateway: Gateway | None = asterisk.gateway_of(settings()) or twilio.gateway_of(settings())
    dialler = Dialler(gateway)

    def stop(_signal: int, _frame: Any) -> None:
        dialler.stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    log.info("dialler_started", carrier=gateway.name if gateway else None)
    beside = [
        threading.Thread(target=Teller(dialler.stopping).run, name="teller"),
        threading.Thread(target=Switching(dialler.stopping).run, name="switchboard"),
    ]
    for one in beside:
        one.start()
    if gateway is not None:
        sweeper = Sweeper(gateway, dialler.stopping)
        threading.Thread(target=sweeper.run, name="sweep-calls", daemon=True).start()
        lost = LostRecordings(gateway, dialler.stopping)
        threading.Thread(target=lost.run, name="sweep-recordings", daemon=True).start()
    dialler.run()
    for one in beside:
        one.join()

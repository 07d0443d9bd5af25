"""`paidan dial` in a process of its own that a test may kill, with little patience.

`no_look_up`: what nobody knows the end of is tried again at once, as the planted mistake.
"""

from collections.abc import Sequence
from datetime import timedelta

from api.wiring import wire
from core.settings import settings
from telephony import dialling, dialling_rules
from telephony.dialling import Dialler
from telephony.dialling_rules import Times
from telephony.twilio.client import gateway_of

IMPATIENT = Times(first_look_s=0.05, look_s=0.1, sure_s=0.6, give_up_s=60.0)


def main(mistakes: Sequence[str]) -> None:
    if "no_look_up" in mistakes:
        dialling_rules.CREATES = ()
        dialling.CREATES = ()
    dialling.LOOKING = timedelta(seconds=1)
    wire()
    Dialler(gateway_of(settings()), IMPATIENT).run()

"""`paidan dial`, all of it, in a process of its own that a test may kill, with little patience.

    python -m tests.outbound.dial_process [mistake]

`no_look_up`: what nobody knows the end of is tried again at once, as the planted mistake.
"""

import sys

from api import dialler
from telephony import dialling, dialling_rules
from tests.telephony.dialler_process import IMPATIENT


def main(mistake: str) -> None:
    dialling.Times = lambda: IMPATIENT  # type: ignore[assignment, misc]
    if mistake == "no_look_up":
        dialling_rules.CREATES = dialling.CREATES = ()
    dialler.main()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")

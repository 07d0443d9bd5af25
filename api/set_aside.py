"""`paidan reports`: the carrier's reports that were set aside, and another try for them."""

import sys

from core.db import session_factory
from telephony import untold_repository


def main(*, again: bool) -> None:
    """List them; where `again`, have all of them told once more."""
    with session_factory()() as session:
        for one in untold_repository.failed(session):
            sys.stdout.write(f"{one.id} {one.event['kind']} {one.failed_at}: {one.failure}\n")
        if again:
            count = untold_repository.revive(session)
            sys.stdout.write(f"{count} are told once more\n")
        session.commit()

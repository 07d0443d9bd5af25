"""The phone of a crew: it sends where it was until the answer says what became of it."""

import random
import uuid
from datetime import UTC, datetime, timedelta
from itertools import islice

from gps.words import UNSTORED
from tests.chaos.fleet import FAR
from tests.chaos.ledger import Ledger

RHYTHM_S = 0.5
"""A phone that sends faster than that for minutes is told to wait."""
MOST = 4


class Phone:
    """Positions of yesterday, a second apart, a few at a time."""

    def __init__(self, ledger: Ledger, seed: int) -> None:
        self.device = str(uuid.UUID(int=random.Random(seed).getrandbits(128), version=4))
        self._ledger, self._dice = ledger, random.Random(f"{seed}/phone")
        self._begun = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
        self._moments = (self._begun + timedelta(seconds=s) for s in range(86_000))

    def report(self) -> tuple[list[datetime], dict[str, object]]:
        """The next moments, and the body that tells of them."""
        moments = list(islice(self._moments, self._dice.randint(1, MOST)))
        self._ledger.sent[self.device].update(moments)
        seen = {"lat": FAR[0], "lon": FAR[1], "accuracy_m": 12}
        body = {
            "device": self.device,
            "sent_at": datetime.now(UTC).isoformat(),
            "positions": [{"at": moment.isoformat(), **seen} for moment in moments],
        }
        return moments, body

    def answered(self, moments: list[datetime], codes: list[str]) -> None:
        """What is stored may be demanded."""
        with self._ledger.writing():
            kept = (at for at, code in zip(moments, codes, strict=True) if code not in UNSTORED)
            self._ledger.fixes[self.device].update(kept)

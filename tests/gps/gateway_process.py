"""`paidan gps` as the kill tests start it; with `planted` it acknowledges before the commit."""

import asyncio
import sys
from collections.abc import Sequence

from gps import server
from gps.fix import Fix
from gps.intake import Intake, Pending
from gps.pipeline import Written


class AcknowledgesTooEarly(Intake):
    """The mistake that the kill test must catch."""

    def put(self, pending: Pending) -> None:
        self._acknowledge([pending], set())
        super().put(pending)

    async def _write(self, org_id: int, fixes: Sequence[Fix]) -> Written | None:
        await asyncio.sleep(0.05)
        written = await super()._write(org_id, fixes)
        if written is not None:
            self.counts += written.reasons
        return None


if __name__ == "__main__":
    if "planted" in sys.argv[1:]:
        server.Intake = AcknowledgesTooEarly  # type: ignore[misc]
    server.main()

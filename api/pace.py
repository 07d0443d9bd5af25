"""How much one sender may send: so much at once, and so much a second in the long run."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock

MOST_SENDERS = 20_000


class Pace:
    """Counts per sender, in this process. A sender that is forgotten begins with a full measure."""

    def __init__(self, burst: float, per_second: float) -> None:
        self.burst, self.per_second = burst, per_second
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, sender: Hashable, amount: float, at: float) -> float:
        """Take `amount` at `at` (monotonic seconds); 0.0, or how many seconds it is too early."""
        with self._lock:
            left, before = self._left.pop(sender, (self.burst, at))
            left = min(self.burst, left + (at - before) * self.per_second)
            allowed = left >= amount
            self._left[sender] = (left - amount if allowed else left), at
            if len(self._left) > MOST_SENDERS:
                self._left.popitem(last=False)
        return 0.0 if allowed else (amount - left) / self.per_second

"""The rhythm in which a device sends, and from when on it counts as silent. Pure.

A device is measured against itself: what it usually leaves between two sendings while it drives,
while it stands, and while the ignition is off. Silent is who has left out three of them.

What is learnt is the time between two *sendings*, not between two positions: a terminal may sample
every five seconds and send six at once. A sending belongs to the rhythm only where as much time has
gone by here as on the device's own clock: what is made up for after a blind spot comes at once, and
says nothing about how often the device sends.

How old a position is is told by the device's clock, which may be wrong: `lag` is what it usually is
behind ours. So a clock that is ten minutes slow makes nobody silent, and a position of twenty
minutes ago that has just come in makes nobody heard.
"""

from collections.abc import Sequence

MOVING, RESTING, OFF = 0, 1, 2
"""What the vehicle did when the device last sent; each has a rhythm of its own."""

MOVING_KMH = 5.0
"""Speed from which a vehicle counts as driving here: slower is noise, or a jam."""

USUAL_S = (60.0, 100.0, 1200.0)
"""Assumed between two sendings until the device has shown its own; seconds, by what it does."""

LEFT_OUT = 3.0
"""So many usual intervals without a word are silence."""

FLOOR_S = 60.0
"""Nobody is silent sooner: a tunnel, or a connection made anew."""

CEILING_S = (600.0, 3600.0, 10_800.0)
"""Everybody is silent then, whatever the rhythm; by what the vehicle did."""

MEMORY_S = (120.0, 1800.0, 21_600.0)
"""A shorter interval than usual counts by its share of this: a minute of hurry after the ignition
went off does not undo hours of sleep."""

RISE, CLIP = 0.5, 4.0
"""A longer one counts half, and as no more than so many usual ones: a blind spot is no rhythm."""


class Rhythm:
    """What is known of one device. Times are unix seconds, lengths are seconds.

    `received`, `at`, `kind`: of the newest position, by our clock and by the device's.
    `base_received`, `base_at`, `base_kind`: the same of the sending before. `lag`: how far the
    device's clock is behind ours; None until that can be told. `usual`: between two sendings, by
    kind; 0: not known. `wired`: 1 once the ignition was seen on, -1 where it was off on the move.
    `silent_since`: that it is silent is on record, since when; 0: it is not.
    """

    __slots__ = (
        "at",
        "base_at",
        "base_kind",
        "base_received",
        "kind",
        "lag",
        "received",
        "silent_since",
        "usual",
        "wired",
    )

    def __init__(
        self,
        received: float = 0.0,
        at: float = 0.0,
        kind: int = RESTING,
        base_received: float = 0.0,
        base_at: float = 0.0,
        base_kind: int = RESTING,
        lag: float | None = None,
        usual: Sequence[float] = (0.0, 0.0, 0.0),
        wired: int = 0,
        silent_since: float = 0.0,
    ) -> None:
        self.received, self.at, self.kind = received, at, kind
        self.base_received, self.base_at, self.base_kind = base_received, base_at, base_kind
        self.lag, self.usual, self.wired = lag, list(usual), wired
        self.silent_since = silent_since

    def to_json(self) -> list[object]:
        """Plain values; `from_json` reads them back."""
        return [
            self.received,
            self.at,
            self.kind,
            self.base_received,
            self.base_at,
            self.base_kind,
            self.lag,
            self.usual,
            self.wired,
            self.silent_since,
        ]

    @classmethod
    def from_json(cls, values: Sequence[object]) -> "Rhythm":
        return cls(*values)  # type: ignore[arg-type]

    def hear(
        self,
        received: float,
        at: float,
        speed_kmh: float,
        *,
        ignition: bool | None,
        sent: float | None = None,
    ) -> None:
        """Take one position that was believed. One that is not newer than the last says nothing.

        `sent`: when the device sent it, by its own clock, where it tells.
        """
        if at <= self.at:
            return
        if received > self.received:
            self._next_sending()
        self.received, self.at = received, at
        self.kind = self._kind_of(speed_kmh, ignition=ignition)
        self._see_lag(received - at, None if sent is None else received - sent)

    def _kind_of(self, speed_kmh: float, *, ignition: bool | None) -> int:
        if speed_kmh >= MOVING_KMH:
            if ignition is False:
                self.wired = -1
            elif ignition and not self.wired:
                self.wired = 1
            return MOVING
        if ignition and not self.wired:
            self.wired = 1
        return OFF if ignition is False and self.wired > 0 else RESTING

    def _next_sending(self) -> None:
        """The sending before this one is complete: what it tells is learnt."""
        if self.base_received and self._in_time():
            self._learn(self.received - self.base_received)
        self.base_received, self.base_at, self.base_kind = self.received, self.at, self.kind

    def _in_time(self) -> bool:
        """Whether as much time has gone by here as there since the sending before."""
        stride = self.at - self.base_at
        gap = self.received - self.base_received
        return stride / 2 <= gap <= 2 * stride

    def _learn(self, gap: float) -> None:
        kind = self.base_kind
        usual = self.usual[kind] or USUAL_S[kind]
        if gap > usual:
            usual += RISE * (min(gap, CLIP * usual) - usual)
        else:
            usual += min(0.5, gap / MEMORY_S[kind]) * (gap - usual)
        self.usual[kind] = round(usual, 3)

    def _see_lag(self, behind: float, told: float | None) -> None:
        """`behind`: the position's age, were the clocks one. `told`: as the device itself says."""
        if told is not None:
            self.lag = told
        elif self.lag is None:
            if behind <= FLOOR_S or (self.base_received and self._in_time()):
                self.lag = behind
        elif behind < self.lag or (self.base_received and self._in_time()):
            self.lag = behind

    @property
    def seen(self) -> float:
        """The moment of the newest position by our clock, as far as that can be told."""
        return min(self.received, self.at + (self.lag or 0.0))

    @property
    def allowed_s(self) -> float:
        """How long it may say nothing from now on."""
        wanted = LEFT_OUT * (self.usual[self.kind] or USUAL_S[self.kind])
        return min(max(wanted, FLOOR_S), CEILING_S[self.kind])

    @property
    def expected_s(self) -> float:
        """Its usual interval now."""
        return self.usual[self.kind] or USUAL_S[self.kind]

    @property
    def quiet_at(self) -> float:
        """From then on it is silent: `seen` and `allowed_s`, in one for every position."""
        kind = self.kind
        wanted = LEFT_OUT * (self.usual[kind] or USUAL_S[kind])
        ceiling = CEILING_S[kind]
        allowed = FLOOR_S if wanted < FLOOR_S else ceiling if wanted > ceiling else wanted
        seen = self.at + (self.lag or 0.0)
        return (seen if seen < self.received else self.received) + allowed

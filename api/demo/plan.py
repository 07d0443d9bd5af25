"""Who calls when and why, and how each case goes: all of it from one seed, nothing from a clock.

Every case has random streams of its own, so that one more coffee break here moves nothing there:
the same seed and start give the same callers, places and behaviours.
"""

import heapq
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Protocol

from api.demo.model import Customer, District

CALLS_PER_MINUTE = 0.6
"""Mean of callers with a matter of their own in an ordinary hour."""

DAY = (
    *(0.62, 0.55, 0.5, 0.5, 0.52, 0.6),
    *(0.8, 1.0, 1.1, 1.1, 1.05, 1.0),
    *(1.05, 1.0, 1.0, 1.0, 1.05, 1.1),
    *(1.2, 1.25, 1.25, 1.15, 0.95, 0.75),
)
"""Callers of each local hour, against the ordinary hour."""

STORM = 2.1
STORMY_HOURS = 0.1
"""How many times as many call in a storm, and the share of hours that have one."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault: its share of calls, trade, urgency, seconds of work, and what is said."""

    code: str
    share: int
    trade: str
    urgency: int
    work_s: tuple[int, int]
    words: str


FAULTS = (
    Fault(
        "no_power_home",
        28,
        "community_service",
        0,
        (240, 600),
        "家里突然没电了，邻居都有电 No power at home; the neighbours have it",
    ),
    Fault(
        "no_power_building",
        24,
        "low_voltage",
        1,
        (360, 840),
        "整栋楼都停电了，电梯也停了 The whole building is dark, the lift stands",
    ),
    Fault(
        "low_voltage",
        14,
        "low_voltage",
        0,
        (300, 720),
        "灯很暗，空调打不开，电压不稳 The lamps are dim, the voltage goes up and down",
    ),
    Fault(
        "meter_fault",
        15,
        "community_service",
        0,
        (240, 540),
        "电表屏幕不亮，表箱有响声 The meter shows nothing and hums",
    ),
    Fault(
        "wires_down",
        5,
        "medium_voltage",
        3,
        (480, 1080),
        "门口有电线掉在路上，冒火花 A wire lies on the road and sparks",
    ),
    Fault(
        "other",
        8,
        "any",
        0,
        (240, 600),
        "配电箱有焦味，请来人看看 The switch box smells burnt",
    ),
)
AREA = Fault(
    "no_power_area",
    0,
    "medium_voltage",
    2,
    (540, 1200),
    "这一片全黑了，路灯也不亮 The whole quarter is dark, the street lamps too",
)
ENQUIRIES = (
    ("enquiry", "想问这个月的电费和阶梯电价 Asks about this month's bill"),
    ("enquiry", "收到停电通知，想确认什么时候来电 Asks when a planned outage ends"),
    ("service_request", "想申请增容，家里要装充电桩 Wants more capacity for a car charger"),
    ("complaint", "上次抢修说好半小时，等了一个多小时 The last repair took twice as long as told"),
    ("opinion", "希望营业厅周末也能办理业务 Wishes that the office opened at weekends"),
    ("praise", "感谢昨晚的抢修师傅，来得很快 Thanks last night's crew"),
)
ENQUIRY_SHARE = 0.22
EVEN = 0.7
"""Share of callers that are spread evenly over the centres; the others live where most live."""
JAMS, BREAKDOWNS = 0.08, 0.13
"""Share of trips through a traffic jam, and of those on which the vehicle breaks down."""
SPREADS = ((0.08, "feeder", (2, 5)), (0.12, "transformer", (1, 2)))
"""Share of faults that are a device's, which device, and how many others call about it."""


@dataclass(frozen=True, slots=True)
class Call:
    """One caller. Seconds of business time; `at_s` counts from the city's start.

    `cause`: the failed device that several callers have in common; `echo`: another caller was
    first to tell of it.
    """

    number: int
    at_s: float
    customer: Customer
    purpose: str
    fault: Fault | None
    words: str
    talk_s: float
    patience_s: float
    pickup_s: float
    cause: str | None = None
    echo: bool = False

    @property
    def key(self) -> str:
        """Name of the case."""
        return f"call-{self.number}"


class Ground(Protocol):
    """What the plan asks of a city."""

    @property
    def customers(self) -> tuple[Customer, ...]: ...

    @property
    def districts(self) -> tuple[District, ...]: ...

    def feeder_of(self, transformer: str) -> str: ...

    def customers_on(self, code: str) -> list[Customer]: ...


def stream(seed: str, *names: object) -> random.Random:
    """Random numbers of one thing's own."""
    return random.Random("/".join(str(name) for name in (seed, *names)))  # noqa: S311 - no secret


def stormy(seed: str, local: datetime) -> bool:
    """Whether the hour has a storm."""
    return stream(seed, "storm", local.date(), local.hour).random() < STORMY_HOURS


def callers_per_minute(seed: str, local: datetime, *, storm: bool = False) -> float:
    """The rate of callers at a local moment. `storm`: there is one all the time."""
    part = local.minute / 60
    curve = DAY[local.hour] * (1 - part) + DAY[(local.hour + 1) % 24] * part
    return CALLS_PER_MINUTE * curve * (STORM if storm or stormy(seed, local) else 1.0)


def calls(
    city: Ground, seed: str, start: datetime, zone: tzinfo, *, storm: bool = False
) -> Iterator[Call]:
    """All callers from `start` (aware) on, without end, in order of time."""
    waiting: list[tuple[float, int, Call]] = []
    number = 0
    for at_s in _arrivals(seed, start, zone, storm=storm):
        while waiting and waiting[0][0] <= at_s:
            yield heapq.heappop(waiting)[2]
        number += 1
        first = _caller(city, seed, number, at_s)
        for echo in _echoes(city, seed, first, number):
            number += 1
            heapq.heappush(waiting, (echo.at_s, echo.number, echo))
        yield first


def _arrivals(seed: str, start: datetime, zone: tzinfo, *, storm: bool) -> Iterator[float]:
    """A Poisson process whose rate follows the day, by thinning."""
    dice, most, at_s = stream(seed, "arrivals"), CALLS_PER_MINUTE * max(DAY) * STORM, 0.0
    while True:
        at_s += dice.expovariate(most / 60)
        local = (start + timedelta(seconds=at_s)).astimezone(zone)
        if dice.random() * most < callers_per_minute(seed, local, storm=storm):
            yield at_s


def _caller(city: Ground, seed: str, number: int, at_s: float) -> Call:
    dice = stream(seed, "call", number)
    customer = _who(city, dice)
    if dice.random() < ENQUIRY_SHARE:
        purpose, words = dice.choice(ENQUIRIES)
        return _call(dice, number, at_s, customer, purpose, None, words)
    fault: Fault = dice.choices(FAULTS, [one.share for one in FAULTS])[0]
    cause, luck = None, dice.random()
    if luck < SPREADS[0][0]:
        fault, cause = AREA, city.feeder_of(customer.transformer)
    elif luck < SPREADS[0][0] + SPREADS[1][0]:
        fault, cause = FAULTS[1], customer.transformer
    return _call(dice, number, at_s, customer, "fault_repair", fault, fault.words, cause)


def _who(city: Ground, dice: random.Random) -> Customer:
    if dice.random() > EVEN:
        return dice.choice(city.customers)
    centre = dice.choice(sorted({one.centre for one in city.districts}))
    there = {one.code for one in city.districts if one.centre == centre}
    return dice.choice([one for one in city.customers if one.district in there])


def _echoes(city: Ground, seed: str, first: Call, number: int) -> Sequence[Call]:
    """Others who call about the same failed device, soon after the first."""
    if first.cause is None or first.fault is None:
        return ()
    dice = stream(seed, "echo", first.number)
    most = SPREADS[0][2] if first.fault is AREA else SPREADS[1][2]
    others = [one for one in city.customers_on(first.cause) if one is not first.customer]
    chosen = dice.sample(others, min(len(others), dice.randint(*most)))
    return [
        _call(
            dice,
            number + 1 + index,
            first.at_s + dice.uniform(25, 600),
            customer,
            "fault_repair",
            first.fault,
            first.fault.words,
            first.cause,
            echo=True,
        )
        for index, customer in enumerate(chosen)
    ]


def _call(
    dice: random.Random,
    number: int,
    at_s: float,
    customer: Customer,
    purpose: str,
    fault: Fault | None,
    words: str,
    cause: str | None = None,
    *,
    echo: bool = False,
) -> Call:
    return Call(
        number=number,
        at_s=at_s,
        customer=customer,
        purpose=purpose,
        fault=fault,
        words=words,
        talk_s=_around(dice, 70 if fault else 110),
        patience_s=dice.uniform(90, 240),
        pickup_s=dice.uniform(8, 20),
        cause=cause,
        echo=echo,
    )


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the people treat one case. Seconds of business time, each from the moment before it.

    `returns`: the first crew gives it back with this reason. `asleep`: the first crew does not
    answer at all. `keys`: the crew answers on the vehicle's terminal and not on the phone.
    `offline`: the crew's phone has no signal from the departure to after the arrival.
    """

    during_call: bool
    file_s: float
    release_s: float
    wrong_centre: bool
    centre_s: float
    refuse_s: float
    dispatch_s: float
    crew_s: float
    asleep: bool
    returns: str | None
    keys: bool
    offline: bool
    activate_s: float
    depart_s: float
    taps: bool
    work_s: float
    record_s: float
    close_s: float
    alarm_s: float


def behaviour(seed: str, key: str, fault_code: str) -> Behaviour:
    """How the case of this name goes."""
    dice = stream(seed, "case", key)
    fault = next((one for one in (*FAULTS, AREA) if one.code == fault_code), FAULTS[-1])
    luck = {name: dice.random() for name in ("lead", "centre", "desk", "crew", "turnout")}
    returned = dice.random() < 0.05
    reason = dice.choice(("wrong_department", "crew_unavailable", "wrong_place"))
    return Behaviour(
        during_call=dice.random() < 0.6,
        file_s=_around(dice, 22),
        release_s=dice.uniform(150, 260) if luck["lead"] < 0.05 else _around(dice, 26),
        wrong_centre=dice.random() < 0.06,
        centre_s=dice.uniform(255, 330) if luck["centre"] < 0.04 else _around(dice, 18),
        refuse_s=dice.uniform(40, 110),
        dispatch_s=dice.uniform(110, 220) if luck["desk"] < 0.06 else _around(dice, 24),
        crew_s=dice.uniform(125, 230) if luck["crew"] < 0.06 else _around(dice, 32),
        asleep=dice.random() < 0.03,
        returns=reason if returned else None,
        keys=dice.random() < 0.15,
        offline=dice.random() < 0.08,
        activate_s=_around(dice, 30),
        depart_s=dice.uniform(185, 300) if luck["turnout"] < 0.06 else _around(dice, 70),
        taps=dice.random() < 0.7,
        work_s=dice.uniform(*fault.work_s),
        record_s=dice.uniform(40, 140),
        close_s=dice.uniform(60, 300),
        alarm_s=dice.uniform(20, 90),
    )


@dataclass(frozen=True, slots=True)
class Trip:
    """How a vehicle drives to one case, at `pace` of the limits, a low one in a jam.

    Where it breaks down it stands for `stops_s` on half of the way.

    A trouble begins `trouble_s` after the departure and lasts `lasts_s`: `loss` (no position),
    `jump` (one far off), `blind` (no connection; its positions come later).
    """

    pace: float
    stops_s: float
    trouble: str | None
    trouble_s: float
    lasts_s: float


def trip(seed: str, key: str) -> Trip:
    """The trip of the case of this name."""
    dice = stream(seed, "trip", key)
    luck = dice.random()
    trouble = "loss" if luck < 0.05 else "jump" if luck < 0.12 else "blind" if luck < 0.17 else None
    jam = dice.random() < JAMS
    pace = dice.uniform(0.18, 0.32) if jam else dice.uniform(0.65, 0.95)
    stops_s = dice.uniform(1_300, 2_700) if dice.random() < BREAKDOWNS else 0.0
    return Trip(pace, stops_s, trouble, dice.uniform(30, 150), dice.uniform(100, 240))


@dataclass(frozen=True, slots=True)
class Leave:
    """A crew's absence: how long after the last one, how long, and why."""

    after_s: float
    lasts_s: float
    reason: str


def leaves(seed: str, crew: str, reasons: Sequence[str]) -> Iterator[Leave]:
    """A crew's absences, without end."""
    dice = stream(seed, "leave", crew)
    while True:
        yield Leave(dice.uniform(2_400, 12_000), dice.uniform(480, 1_500), dice.choice(reasons))


def _around(dice: random.Random, typical: float) -> float:
    """Seconds about `typical`: seldom less than half, sometimes twice as much."""
    return typical * math.exp(dice.gauss(0, 0.35))

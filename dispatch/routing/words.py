"""Device classes, which one a fault is of, and the sentences that explain a choice."""

from collections.abc import Callable
from uuid import UUID

from dispatch.routing.rules import ANY, Because

# What failed, with the trade that mends it.
DEVICES = (
    ("service", "接户线与电表", "service drop and meter", "community_service"),
    ("low_voltage", "低压网", "low-voltage network", "low_voltage"),
    ("medium_voltage", "10千伏网", "10 kV network", "medium_voltage"),
)
DEVICE_CODES = tuple(code for code, *_ in DEVICES)
DEVICE_TRADES = tuple((code, trade) for code, _, _, trade in DEVICES)
# A fault that is not named here may be of any class.
DEVICE_OF = {
    "no_power_home": "service",
    "no_power_building": "low_voltage",
    "no_power_area": "medium_voltage",
    "low_voltage": "low_voltage",
    "wires_down": "medium_voltage",
    "meter_fault": "service",
}
TRADE_WORDS = {
    ANY: ("不限工种", "any trade"),
    "community_service": ("社区服务班", "community service"),
    "low_voltage": ("低压抢修", "low voltage"),
    "medium_voltage": ("10千伏抢修", "10 kV"),
}
_SAYS = {
    "row": ("{centre}（{trade}）", "{centre} ({trade})"),
    "stand_in": ("由{centre}（{trade}）代班", "{centre} ({trade}) stands in"),
    "off_hours": ("{centre}不在受理时段", "{centre} does not take these orders at this hour"),
    "off_duty": ("{centre}未当班", "{centre} is off duty"),
    "no_trade": ("{centre}无{trade}班组当班", "{centre} has no {trade} crew on duty"),
    "no_row": ("没有哪一行适用于此地此故障", "no row speaks of this place and fault"),
    "nobody": ("无人可派", "nobody is left who could take it"),
}
_BY = {
    True: ("辖区：", "by district: "),
    False: ("路由表第 {position} 行：", "row {position} of the table: "),
}

UnitName = Callable[[UUID], tuple[str, str]]


def trade_words(code: str) -> tuple[str, str]:
    """The trade's name in Chinese and English; the code where it is not known."""
    return TRADE_WORDS.get(code, (code, code))


def explained(step: Because, name: UnitName) -> tuple[str, str]:
    """One step of a decision as a sentence in Chinese and English."""
    names = name(step.target.centre_id) if step.target else ("", "")
    trades = trade_words(step.target.trade) if step.target else ("", "")
    by = ("", "")
    if step.row is not None and step.code == "row":
        by = _BY[step.row.district]
    zh, en = (
        (by[index] + _SAYS[step.code][index]).format(
            centre=names[index],
            trade=trades[index],
            position=step.row.position if step.row else "",
        )
        for index in (0, 1)
    )
    return zh, en

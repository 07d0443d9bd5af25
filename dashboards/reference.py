"""Codes with their names in both languages, for forms and screens."""

from collections.abc import Sequence
from typing import Any

from dispatch.crews.words import AWAY_REASONS
from dispatch.privacy.words import UNMASK_REASONS
from dispatch.roster.words import DEACTIVATION_REASONS, SHIFT_KINDS, VOLTAGE_CLASSES
from sla.policy import Name, Pause, Policy

TRADES = (
    ("any", "不限", "any"),
    ("community_service", "社区服务班", "community service team"),
    ("low_voltage", "低压抢修", "low voltage"),
    ("medium_voltage", "10千伏抢修", "10 kV emergency"),
)
FAULTS = (
    ("no_power_home", "单户停电", "no power, one home", "community_service"),
    ("no_power_building", "整栋停电", "no power, whole building", "low_voltage"),
    ("no_power_area", "片区停电", "no power, whole area", "medium_voltage"),
    ("low_voltage", "电压异常", "voltage too low or too high", "low_voltage"),
    ("wires_down", "导线落地", "wires down", "medium_voltage"),
    ("meter_fault", "电表故障", "meter fault", "community_service"),
    ("other", "其他故障", "another fault", "any"),
)
REASONS = (
    ("wrong_department", "派错部门", "wrong department"),
    ("wrong_place", "地点有误", "wrong place"),
    ("duplicate", "重复工单", "duplicate"),
    ("crew_unavailable", "班组无法出动", "crew unavailable"),
    ("safety", "现场不安全", "not safe"),
    ("other", "其他原因", "another reason"),
)
FINDINGS = (
    ("fuse_blown", "熔断器熔断", "fuse blown"),
    ("switch_tripped", "开关跳闸", "switch tripped"),
    ("cable_fault", "电缆故障", "cable fault"),
    ("overhead_line", "架空线故障", "overhead line fault"),
    ("joint_burnt", "接头烧损", "joint burnt"),
    ("meter_fault", "电表故障", "meter fault"),
    ("overload", "过负荷", "overload"),
    ("customer_side", "客户内部故障", "on the customer's side"),
    ("nothing_found", "未发现故障", "nothing found"),
    ("other", "其他", "something else"),
)
REMEDIES = (
    ("replaced", "更换部件", "part replaced"),
    ("repaired", "现场修复", "repaired on site"),
    ("switched_on", "合闸送电", "switched on again"),
    ("made_safe", "已隔离，待后续处理", "made safe, to be followed up"),
    ("told_customer", "已告知客户自行处理", "customer told what to do"),
    ("nothing", "无需处理", "nothing needed"),
)
POINTS = (
    ("A", "计时起点", "clock starts"),
    ("B", "热线派发", "released"),
    ("C", "到达报修中心", "reached the centre"),
    ("D", "中心派单", "dispatched"),
    ("E", "到达班组", "reached the crew"),
    ("F", "班组受理", "crew accepted"),
    ("G", "班组出发", "crew departed"),
    ("H", "到达现场", "crew arrived"),
    ("restored", "恢复供电", "restored"),
    ("recorded", "填单", "record filled"),
    ("closed", "归档", "closed"),
)

FAULT_CODES = tuple(code for code, *_ in FAULTS)
FINDING_CODES = tuple(code for code, *_ in FINDINGS)
REMEDY_CODES = tuple(code for code, *_ in REMEDIES)
TRADE_CODES = tuple(code for code, *_ in TRADES)


def reference(policies: Sequence[Policy]) -> dict[str, Any]:
    """All codes that a screen needs; of several policies the first one names a code."""
    rules: dict[str, Name] = {}
    parties: dict[str, Name] = {}
    pauses: dict[str, Pause] = {}
    for one in policies:
        for rule in one.rules:
            rules.setdefault(rule.code, rule.name)
        for code, name in one.parties.items():
            parties.setdefault(code, name)
        for pause in one.pauses:
            pauses.setdefault(pause.kind, pause)
    return {
        "fault_codes": [
            {"code": code, "name_zh": zh, "name_en": en, "trade": trade}
            for code, zh, en, trade in FAULTS
        ],
        "reasons": _named(REASONS),
        "away_reasons": _named(AWAY_REASONS),
        "unmask_reasons": _named(UNMASK_REASONS),
        "findings": _named(FINDINGS),
        "remedies": _named(REMEDIES),
        "trades": _named(TRADES),
        "points": _named(POINTS),
        "segments": [
            {"code": code, "name_zh": name.zh, "name_en": name.en} for code, name in rules.items()
        ],
        "holds": [
            {
                "code": pause.kind,
                "name_zh": pause.name.zh,
                "name_en": pause.name.en,
                "most_s": pause.most_s,
            }
            for pause in pauses.values()
        ],
        "parties": [
            {"code": code, "name_zh": name.zh, "name_en": name.en} for code, name in parties.items()
        ],
    }


def organisation_codes() -> dict[str, list[dict[str, str]]]:
    """Codes that forms about units, people and shifts need."""
    return {
        "shift_kinds": _named(SHIFT_KINDS),
        "voltage_classes": _named(VOLTAGE_CLASSES),
        "reasons": _named(DEACTIVATION_REASONS),
    }


def _named(rows: tuple[tuple[str, str, str], ...]) -> list[dict[str, str]]:
    return [{"code": code, "name_zh": zh, "name_en": en} for code, zh, en in rows]

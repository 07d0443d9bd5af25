"""What spans, conditions and fields of a policy are called, in Chinese and English: pure."""

from collections.abc import Mapping
from types import MappingProxyType

from sla.calendars import Span
from sla.facts import When

Words = tuple[str, str]
"""Chinese, English."""

UNITS: Mapping[str, Words] = MappingProxyType(
    {
        "s": ("秒", "s"),
        "min": ("分钟", "min"),
        "h": ("小时", "h"),
        "day": ("天", "days"),
        "workday": ("个工作日", "working days"),
        "workmin": ("工作分钟", "working minutes"),
        "workhour": ("工作小时", "working hours"),
    }
)
CODES: Mapping[str, Words] = MappingProxyType(
    {
        "urban": ("城区", "urban"),
        "rural": ("农村", "rural"),
        "remote": ("边远", "remote"),
        "ordinary": ("普通用户", "ordinary"),
        "special": ("特级", "special"),
        "first": ("一级", "first class"),
        "second": ("二级", "second class"),
        "temporary": ("临时性", "temporary"),
        "fault_repair": ("故障报修", "fault"),
        "enquiry": ("咨询", "enquiry"),
        "complaint": ("投诉", "complaint"),
        "report": ("举报", "report"),
        "opinion": ("意见", "opinion"),
        "suggestion": ("建议", "suggestion"),
        "service_request": ("服务申请", "service request"),
        "praise": ("表扬", "praise"),
        "phone": ("电话", "phone"),
        "web": ("网页", "web"),
        "sms": ("短信", "SMS"),
        "api": ("接口", "partner"),
        "12345": ("12345政务热线转办", "handed over by hotline 12345"),
        "12398": ("12398监管热线转办", "handed over by hotline 12398"),
        "order": ("工单", "order"),
        "ticket": ("受理单", "ticket"),
        "hop": ("报修中心环节", "centre hop"),
        "assignment": ("派工", "assignment"),
        "max": ("每一件", "every one"),
        "mean": ("平均", "the mean"),
        "min_lead": ("至少提前", "at least so long before"),
        "leader_1": ("一号负责人", "leader 1"),
        "leader_2": ("二号负责人", "leader 2"),
        "first_arrival": ("最先到达", "the first arrival"),
    }
)
PARTIES: Mapping[str, Words] = MappingProxyType(
    {
        "hotline": ("95598客服中心", "Hotline"),
        "centre": ("报修中心", "Repair centre"),
        "receiver": ("班组接单人员", "Crew member who receives orders"),
        "capacity": ("运力不足（排队）", "Capacity (queued)"),
        "chain": ("全链条", "The whole chain"),
    }
)
"""Who answers for intervals under every policy, whether or not it names them."""
CONDITIONS: Mapping[str, Words] = MappingProxyType(
    {
        "same_site": ("班组与报修中心同址", "crew at the centre's site"),
        "area_class": ("地区", "area"),
        "customer_class": ("用户重要性", "customer"),
        "fault_class": ("故障类型", "fault"),
        "kind": ("业务类型", "kind"),
        "channel": ("渠道", "channel"),
        "hours": ("时段", "hours"),
        "working_day": ("工作日", "working day"),
    }
)
NOT: Mapping[str, Words] = MappingProxyType(
    {
        "same_site": ("班组与报修中心异址", "crew at another site"),
        "working_day": ("非工作日", "day off"),
    }
)
FIELDS: Mapping[str, Words] = MappingProxyType(
    {
        "code": ("代码", "code"),
        "version": ("版本", "version"),
        "name": ("名称", "name"),
        "statistic": ("达标口径", "what must keep the limit"),
        "warn_share": ("预警比例", "share from which it warns"),
        "warn_left_s": ("预警剩余秒数", "seconds left from which it warns"),
        "zone": ("时区", "time zone"),
        "calendar": ("日历", "calendar"),
        "applies": ("适用条件", "applies to"),
        "covers": ("适用对象", "covers"),
        "priority": ("优先级", "priority"),
        "arrival": ("停表的到达", "whose arrival counts"),
        "course": ("时间点次序", "course of points"),
        "points": ("时间点", "point"),
        "parties": ("责任方", "party"),
        "segments": ("环节", "segment"),
        "total": ("总时限", "total"),
        "goals": ("目标", "goal"),
        "timers": ("提醒", "alarm"),
        "pauses": ("暂停", "pause"),
        "ladders": ("升级", "escalation"),
        "prediction": ("预测", "prediction"),
        "taps": ("点击与定位相差", "taps beside GPS"),
        "departed_s": ("出发相差秒数", "apart at the departure, seconds"),
        "arrived_s": ("到达相差秒数", "apart at the arrival, seconds"),
        "over_typical_s": ("时限超出典型用时的秒数", "seconds of a limit above the typical time"),
        "spread": ("离散度", "spread"),
        "enter": ("低于此概率预警", "alert begins below"),
        "leave": ("高于此概率解除", "alert ends above"),
        "dwell_s": ("状态至少持续秒数", "each state lasts at least, seconds"),
        "limits": ("时限", "limit"),
        "limit": ("时限", "limit"),
        "limit_s": ("时限", "limit"),
        "when": ("条件", "condition"),
        "responsible": ("责任方", "responsible"),
        "source": ("来源", "source"),
        "confidence": ("可信度", "confidence"),
        "from": ("起点", "from"),
        "to": ("终点", "to"),
        "stop": ("停止点", "stops at"),
        "subject": ("对象", "subject"),
        "tell": ("通知", "tells"),
        "kind": ("类型", "kind"),
        "stops": ("停表范围", "stops"),
        "most_s": ("单次最长秒数", "longest, seconds"),
        "most_total_s": ("合计最长秒数", "longest in all, seconds"),
        "approval": ("须批准", "needs approval"),
        "on": ("触发", "on"),
        "of": ("对应", "of"),
        "steps": ("步骤", "step"),
        "after_s": ("延迟秒数", "after, seconds"),
        "channels": ("方式", "channels"),
        "text": ("内容", "text"),
        "zh": ("中文", "Chinese"),
        "en": ("英文", "English"),
    }
)


def coded(code: str) -> Words:
    """The words of a code; the code itself where there are none."""
    if code in CODES:
        return CODES[code]
    if code[:1] == "p" and code[1:].replace(".", "").isdigit():
        return f"{code[1:]}%", f"{code[1:]} %"
    return code, code


def spanned(length: Span) -> Words:
    """`4 个工作日`, `4 working days`; whole minutes and hours for seconds that are such."""
    amount, unit = length.amount, length.unit
    if unit in ("nextday", "nextworkday"):
        day = ("次日", "next day") if unit == "nextday" else ("下一工作日", "next working day")
        return f"{day[0]} {length.clock:%H:%M} 前", f"by {length.clock:%H:%M} of the {day[1]}"
    if unit == "s" and amount >= 60 and amount % 60 == 0:
        amount, unit = amount / 60, "min"
    if unit == "min" and amount > 120 and amount % 60 == 0:
        amount, unit = amount / 60, "h"
    zh, en = UNITS[unit]
    if amount == 1:
        en = en.removesuffix("s") if unit != "s" else en
    return f"{amount:g} {zh}", f"{amount:g} {en}"


def conditions(when: When | None) -> Words:
    """All conditions in one sentence; empty where there are none."""
    parts: list[Words] = []
    for name, value in when or When():
        if name == "facts":
            parts += [(f"{key}＝{_several(one)[0]}", f"{key} = {_several(one)[1]}")
                      for key, one in value.items()]  # fmt: skip
        elif isinstance(value, bool):
            parts.append((CONDITIONS if value else NOT)[name])
        elif name == "hours" and value is not None:
            begin, end = (f"{one:%H:%M}" for one in value)
            parts.append((f"{begin}—{end}", f"{begin}–{end}"))
        elif value:
            zh, en = _several(value)
            parts.append((f"{CONDITIONS[name][0]}：{zh}", f"{CONDITIONS[name][1]}: {en}"))
    return "；".join(zh for zh, _ in parts), "; ".join(en for _, en in parts)


def _several(value: object) -> Words:
    if isinstance(value, bool):
        return ("是", "yes") if value else ("否", "no")
    if isinstance(value, tuple):
        words = [coded(one) for one in value]
        return "、".join(zh for zh, _ in words), ", ".join(en for _, en in words)
    return f"{value:g}" if isinstance(value, float) else str(value), f"{value}"

"""Words for acts and states in both languages, and which fact says that an act is done already."""

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from core.settings import settings


class Act(NamedTuple):
    """An act as a verb and as something done."""

    zh: str
    en: str
    done_zh: str
    done_en: str


STATES: dict[str, tuple[str, str]] = {
    "scheduled": ("待预约时间", "kept for later"),
    "filed": ("待派发", "waiting for release"),
    "released": ("已派发至报修中心", "released to a centre"),
    "accepted": ("已受理", "accepted"),
    "assigned": ("已派单至班组", "with a crew"),
    "returned": ("已退单", "returned"),
    "finished": ("已完成", "finished"),
    "closed": ("已归档", "closed"),
    "sent": ("已派单，班组未受理", "sent to the crew"),
    "active": ("处理中", "active"),
    "departed": ("已出发", "on the way"),
    "arrived": ("已到达", "at the site"),
    "recalled": ("已召回", "recalled"),
}

ACTS: dict[tuple[str, str], Act] = {
    ("order", "release"): Act("派发", "released", "派发", "released it"),
    ("order", "accept"): Act("受理", "accepted", "受理", "accepted it"),
    ("order", "return"): Act("退单", "returned", "退单", "returned it"),
    ("order", "recall"): Act("召回", "recalled", "召回", "recalled it"),
    ("order", "dispatch"): Act("派单", "dispatched", "派单", "dispatched it"),
    ("order", "close"): Act("归档", "closed", "归档", "closed it"),
    ("order", "begin"): Act("开始处理", "begun", "开始处理", "began it"),
    ("order", "chase"): Act("催办", "chased up", "催办", "chased it up"),
    ("order", "hold"): Act("暂停计时", "put on hold", "暂停计时", "put it on hold"),
    ("order", "site"): Act("画到场范围", "given a site", "画到场范围", "drew its site"),
    ("order", "follow_on"): Act("派生后续工单", "followed on", "派生后续工单", "followed on"),
    ("order", "finish"): Act("完成", "finished", "完成", "finished it"),
    ("order", "unassign"): Act("撤销派单", "unassigned", "撤销派单", "unassigned it"),
    ("assignment", "accept"): Act("受理", "accepted", "受理", "accepted it"),
    ("assignment", "activate"): Act("开始", "started", "开始处理", "started it"),
    ("assignment", "depart"): Act("出发", "started on the way", "出发", "departed for it"),
    ("assignment", "arrive"): Act("到达", "marked as arrived", "到达", "arrived for it"),
    ("assignment", "restore"): Act("恢复供电", "marked as restored", "恢复供电", "restored it"),
    ("assignment", "finish"): Act("填单完成", "finished", "填单完成", "finished it"),
    ("assignment", "place"): Act("更正地点", "moved", "更正地点", "moved its place"),
    ("assignment", "hold"): Act("暂停计时", "put on hold", "暂停计时", "put it on hold"),
    ("assignment", "return"): Act("退单", "returned", "退单", "returned it"),
    ("assignment", "recall"): Act("召回", "recalled", "召回", "recalled it"),
}

# An act that finds one of these states has been done by somebody: the named fact says by whom.
_DONE: dict[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...]]] = {
    ("order", "release"): (("released", "accepted", "assigned"), ("order.released",)),
    ("order", "accept"): (("accepted", "assigned"), ("order.centre_accepted",)),
    ("order", "return"): (("returned",), ("order.returned",)),
    ("order", "recall"): (("filed",), ("order.recalled",)),
    ("order", "dispatch"): (("assigned",), ("order.assigned",)),
    ("order", "close"): (("closed",), ("order.closed",)),
    ("assignment", "accept"): (
        ("accepted", "active", "departed", "arrived"),
        ("assignment.accepted",),
    ),
    ("assignment", "activate"): (("active", "departed", "arrived"), ("assignment.activated",)),
    ("assignment", "depart"): (("departed", "arrived"), ("assignment.departed",)),
    ("assignment", "arrive"): (("arrived",), ("assignment.arrived",)),
    ("assignment", "finish"): (("finished",), ("assignment.finished",)),
    ("assignment", "return"): (("returned",), ("assignment.returned",)),
    ("assignment", "recall"): (("recalled",), ("assignment.recalled",)),
}


def first_done(stream: str, act: str, state: str) -> tuple[str, ...]:
    """Types of the fact that did `act` already, if `state` shows that somebody did."""
    states, types = _DONE.get((stream, act), ((), ()))
    return types if state in states else ()


def local_time(at: datetime) -> str:
    """HH:MM:SS in the operator's zone."""
    return at.astimezone(ZoneInfo(settings().timezone)).strftime("%H:%M:%S")

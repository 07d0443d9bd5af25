"""Cells that are one of a few: the codes, and the words that utilities write for them. Pure."""

from collections.abc import Mapping

from dispatch.directory.codes import (
    ACCOUNT_STATES,
    AREA_CLASSES,
    CATEGORIES,
    IMPORTANCES,
    NODE_KINDS,
    PHONE_USES,
    VOLTAGES,
)
from dispatch.directory.imports import cells
from dispatch.directory.imports.cells import Parser

WORDS: dict[str, str] = {}
"""Code → the Chinese word of templates and sentences, the first one that is written for it."""


def _choice(codes: tuple[str, ...], zh: Mapping[str, str]) -> Parser:
    for word, code in zh.items():
        WORDS.setdefault(code, word)
    return cells.choice(
        {**{one: one for one in codes}, **{cells.fold(one): one for one in codes}, **zh}
    )


NODE_KIND = _choice(
    NODE_KINDS,
    {
        "变电站": "substation",
        "馈线": "feeder",
        "线路": "feeder",
        "分段": "section",
        "线段": "section",
        "变压器": "transformer",
        "配变": "transformer",
        "台区": "transformer",
        "杆塔": "pole",
        "电杆": "pole",
        "分支箱": "cabinet",
        "环网柜": "cabinet",
        "分接箱": "cabinet",
    },
)
AREA = _choice(
    AREA_CLASSES,
    {
        "城镇": "urban",
        "城市": "urban",
        "城区": "urban",
        "农村": "rural",
        "乡村": "rural",
        "边远": "remote",
        "偏远": "remote",
        "特殊边远": "remote",
    },
)
IMPORTANCE = _choice(
    IMPORTANCES,
    {
        "普通": "ordinary",
        "一般": "ordinary",
        "特级": "special",
        "一级": "first",
        "二级": "second",
        "临时": "temporary",
        "临时性": "temporary",
    },
)
ACCOUNT = _choice(
    ACCOUNT_STATES,
    {
        "正常": "active",
        "在用": "active",
        "欠费": "in_arrears",
        "暂停": "suspended",
        "停用": "suspended",
        "销户": "closed",
        "已销户": "closed",
    },
)
CATEGORY = _choice(
    CATEGORIES,
    {
        "居民": "residential",
        "居民生活": "residential",
        "商业": "commercial",
        "一般工商业": "commercial",
        "工业": "industrial",
        "大工业": "industrial",
        "农业": "agricultural",
        "农业生产": "agricultural",
        "公共": "public",
        "公共服务": "public",
    },
)
VOLTAGE = _choice(
    VOLTAGES,
    {
        "0.4kv": "0.4",
        "0.38": "0.4",
        "0.22": "0.4",
        "380v": "0.4",
        "220v": "0.4",
        "低压": "0.4",
        "10kv": "10",
        "35kv": "35",
        "110kv": "110",
    },
)
USE = _choice(
    PHONE_USES,
    {
        "户主": "owner",
        "本人": "owner",
        "电工": "electrician",
        "值班室": "duty_room",
        "租户": "tenant",
        "其他": "other",
    },
)
WORDS.update({"yes": "是", "no": "否"} | {volts: volts for volts in VOLTAGES})

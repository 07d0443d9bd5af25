"""The data-quality rules: a named table, and those that one row is judged by alone. Pure.

Rules that need other rows of the file or the directory are in `setwise`; their names and sentences
stand here with the others. An error refuses the row, a warning keeps it and names it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any
from unicodedata import normalize

from shapely import contains_xy

from core.coordinates import convert
from dispatch.directory.imports.cells import is_broken_outline, without_extension
from dispatch.directory.imports.choices import WORDS

Row = Mapping[str, Any]
HIGH = ("10", "35", "110")
FIRST_SUPPLY = date(1882, 7, 26)
"""The first public electricity in China, Shanghai."""
HOME_KVA = 100.0
SHARED_PHONE = 20
FAR_KM = 10.0


@dataclass(frozen=True, slots=True)
class Rule:
    """`zh` and `en` are format strings over `value` (the cell) and `other` (what it is held to)."""

    code: str
    level: str
    zh: str
    en: str


def _error(code: str, zh: str, en: str) -> Rule:
    return Rule(code, "error", zh, en)


def _warning(code: str, zh: str, en: str) -> Rule:
    return Rule(code, "warning", zh, en)


_FORM = (
    _error("column_count", "本行有 {value} 格，表头有 {other} 格", "{value} cells where the header has {other}"),
    _error("required", "必填", "it must be filled in"),
    _error("bad_code", "“{value}”不是编号：只能含文字、数字与 _.:/+#@()-，不含空格，最多 80 个字符", "“{value}” is no code: letters, digits and _.:/+#@()- only, no blanks, 80 characters at most"),
    _error("mangled_number", "“{value}”是电子表格改坏的长编号，请按文本重新导出", "“{value}” is a long number that a spreadsheet has mangled; export it again as text"),
    _error("formula", "“{value}”是没有算出结果的公式，请按值保存后再导出", "“{value}” is a formula that was not worked out; save the file with values"),
    _error("too_long", "超过 {other} 个字符", "it has more than {other} characters"),
    _error("bad_text", "含有换行或控制字符", "it has line breaks or control characters in it"),
    _error("unknown_choice", "“{value}”不在可选值内：{other}", "“{value}” is none of: {other}"),
    _error("bad_number", "“{value}”不是数字", "“{value}” is not a number"),
    _error("bad_date", "“{value}”不是日期，应如 2020-01-31", "“{value}” is no date; write one like 2020-01-31"),
    _error("bad_outline", "边界不是 GeoJSON 或 WKT 的面", "the outline is no polygon in GeoJSON or WKT"),
)  # fmt: skip
_PLACE = (
    _error("coordinate_range", "坐标 {value} 超出范围（纬度 ±90，经度 ±180）", "{value} is not within range (latitude ±90, longitude ±180)"),
    _error("coordinates_swapped", "纬度 {value} 只能是经度：两列写反了", "{value} cannot be a latitude: the two columns are swapped"),
    _error("coordinate_half", "经纬度须同时填写", "latitude and longitude stand together"),
    _warning("coordinate_zero", "坐标 0, 0 按未知处理", "0, 0 is taken as not known"),
    _warning("no_coordinates", "没有坐标，抢修时只能靠地址", "there are no coordinates: crews will have the address alone"),
    _warning("outside_region", "位置不在区域 {other} 的边界内", "the place lies outside the outline of region {other}"),
    _warning("outline_mended", "边界自相交，已修复后导入", "the outline crosses itself; it was mended"),
    _warning("far_from_transformer", "距变压器 {other} 公里", "it is {other} km from its transformer"),
)  # fmt: skip
_ACCOUNT = (
    _error("capacity_below_running", "合同容量 {value} 小于运行容量 {other}", "the contract capacity {value} is below the running capacity {other}"),
    _error("capacity_negative", "容量不得为负：{value}", "a capacity cannot be negative: {value}"),
    _warning("running_without_contract", "有运行容量而无合同容量", "there is a running capacity but no contract capacity"),
    _warning("high_voltage_without_capacity", "高压客户没有合同容量", "a high-voltage customer without a contract capacity"),
    _warning("high_voltage_home", "居民用电供电电压为 {value} 千伏", "a home that is supplied at {value} kV"),
    _warning("home_capacity", "居民合同容量 {value} 千伏安异常偏大", "{value} kVA is unusual for a home"),
    _error("commissioned_in_future", "送电日期 {value} 晚于今天", "the commissioning date {value} is in the future"),
    _warning("commissioned_too_early", "送电日期 {value} 早于有电之日", "the commissioning date {value} is before there was electricity"),
    _warning("closed_with_meter", "已销户的客户仍有电表 {other}", "a closed account that still has meter {other}"),
    _warning("account_renamed", "户号已属另一户名，将被改名", "the account is known under another name, which is replaced"),
)  # fmt: skip
_OTHER_ROWS = (
    _error("duplicate", "与第 {other} 行的 {value} 重复", "{value} is in row {other} already"),
    _warning("repeated_row", "与第 {other} 行完全相同，已略过", "it says the same as row {other}; left out"),
    _error("unknown_parent", "上级 {value} 不存在（文件与系统中都没有，或其所在行被拒）", "there is no {value} above it, neither here nor in the file, or its row was refused"),
    _error("parent_circle", "上级关系成环：{value}", "the way up runs in a circle: {value}"),
    _error("parent_order", "上级 {value} 是{other}，次序应为变电站 > 馈线 > 分段 > 变压器", "{value} above it is a {other}; the order is substation > feeder > section > transformer"),
    _warning("no_parent", "没有电源侧设备，停电分析够不到它", "nothing feeds it: outages will not reach it"),
    _error("kind_changed", "编号 {value} 已是另一类设备（{other}）", "{value} is a device of another kind already ({other})"),
    _error("unknown_centre", "没有代码为 {value} 的报修中心", "there is no repair centre with the code {value}"),
    _warning("no_centre", "区域没有报修中心，工单无处可派", "the region has no repair centre: its orders have nowhere to go"),
    _error("unknown_region", "没有代码为 {value} 的区域", "there is no region with the code {value}"),
    _error("unknown_customer", "没有户号为 {value} 的客户", "there is no customer with the number {value}"),
    _error("unknown_premise", "没有编号为 {value} 的用电地址", "there is no premise with the code {value}"),
    _error("unknown_transformer", "没有编号为 {value} 的设备", "there is no device with the code {value}"),
    _error("not_a_transformer", "{value} 是{other}，低压客户须接在变压器下", "{value} is a {other}; low voltage comes from a transformer"),
    _error("high_voltage_on_nothing", "{other} 千伏客户没有变压器或电源设备", "a customer of {other} kV that hangs on nothing"),
    _warning("low_voltage_on_nothing", "没有变压器，停电分析够不到它", "there is no transformer: outages will not reach it"),
    _warning("meter_moves", "电表原属户号 {other}，将改户", "the meter was that of account {other}; it changes hands"),
    _error("phone_impossible", "“{value}”不可能是 {other} 的电话号码", "“{value}” cannot be a phone number of {other}"),
    _error("several_phones", "“{value}”是几个号码，每个号码占一行", "“{value}” is several numbers; give each a row of its own"),
    _warning("phone_extension", "分机号不能自动拨打，已略去：{value}", "the extension cannot be dialled for you and is left out: {value}"),
    _warning("phone_shared", "文件中 {other} 个客户共用此号码", "{other} customers of the file share this phone"),
)  # fmt: skip
TABLE = (*_FORM, *_PLACE, *_ACCOUNT, *_OTHER_ROWS)
RULES: Mapping[str, Rule] = MappingProxyType({one.code: one for one in TABLE})


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a row breaks. `row` counts as a spreadsheet does: the header is row 1."""

    row: int
    field: str
    rule: str
    value: str = ""
    other: str = ""

    @property
    def level(self) -> str:
        return RULES[self.rule].level

    def sentence(self, language: str) -> str:
        """What is wrong, in `zh` or `en`."""
        rule = RULES[self.rule]
        if language == "zh":
            other = " ".join(WORDS.get(word, word) for word in self.other.split(" "))
            return rule.zh.format(value=self.value, other=other)
        return rule.en.format(value=self.value, other=self.other)


@dataclass(frozen=True, slots=True)
class Ground:
    """What rows are held against. `outlines`: region code → prepared shapely geometry, WGS-84."""

    today: date
    outlines: Mapping[str, Any] = field(default_factory=dict)


Broken = tuple[str, str, Any, Any]
"""Field, rule, value, other."""
Check = Callable[[dict[str, Any], Ground], Iterator[Broken]]


def _capacities(row: dict[str, Any], _ground: Ground) -> Iterator[Broken]:
    contract, running = row.get("contract_kva"), row.get("running_kva")
    for name, value in (("contract_kva", contract), ("running_kva", running)):
        if value is not None and value < 0:
            yield name, "capacity_negative", f"{value:g}", ""
    if running is not None and contract is None and "contract_kva" in row:
        yield "contract_kva", "running_without_contract", "", ""
    if running is not None and contract is not None and contract < running:
        yield "contract_kva", "capacity_below_running", f"{contract:g}", f"{running:g}"


def _voltage(row: dict[str, Any], _ground: Ground) -> Iterator[Broken]:
    high = row.get("voltage") in HIGH
    home = row.get("category") == "residential"
    contract = row.get("contract_kva")
    if high and home:
        yield "voltage", "high_voltage_home", row["voltage"], ""
    if high and contract is None and "contract_kva" in row:
        yield "contract_kva", "high_voltage_without_capacity", "", ""
    if home and not high and contract is not None and contract > HOME_KVA:
        yield "contract_kva", "home_capacity", f"{contract:g}", ""


def _commissioned(row: dict[str, Any], ground: Ground) -> Iterator[Broken]:
    on = row.get("commissioned_on")
    if on is None:
        return
    if on > ground.today:
        yield "commissioned_on", "commissioned_in_future", on, ""
    elif on < FIRST_SUPPLY:
        yield "commissioned_on", "commissioned_too_early", on, ""


def _coordinates(row: dict[str, Any], _ground: Ground) -> Iterator[Broken]:
    """A point at 0, 0 is what systems write for "not known"; the row loses it here, and one of
    another map system becomes WGS-84.
    """
    if "lat" not in row and "lon" not in row:
        return
    lat, lon = row.get("lat"), row.get("lon")
    if (lat is None) != (lon is None):
        yield "lat" if lat is None else "lon", "coordinate_half", "", ""
    elif lat == 0 and lon == 0:
        row["lat"] = row["lon"] = None
        yield "lat", "coordinate_zero", "", ""
    elif lat is not None and lon is not None and row.get("datum", "wgs84") != "wgs84":
        row["lat"], row["lon"] = convert(lat, lon, given=row["datum"], wanted="wgs84")
        row["datum"] = "wgs84"


def _place(row: dict[str, Any], ground: Ground) -> Iterator[Broken]:
    if "lat" not in row and "lon" not in row:
        return
    lat, lon = row.get("lat"), row.get("lon")
    if lat is None and lon is None:
        yield "lat", "no_coordinates", "", ""
    elif lat is not None and lon is not None:
        outline = ground.outlines.get(row["region"])
        if outline is not None and not contains_xy(outline, lon, lat):
            yield "lat", "outside_region", f"{lat:g}, {lon:g}", row["region"]


def _fed(row: dict[str, Any], _ground: Ground) -> Iterator[Broken]:
    """Poles and cabinets stand beside the line; a substation may be the top."""
    if row["kind"] in ("feeder", "section", "transformer") and row.get("parent", "") is None:
        yield "parent", "no_parent", "", ""


def _served(row: dict[str, Any], _ground: Ground) -> Iterator[Broken]:
    """Regions within another one may leave the centre to it."""
    if row.get("centre", "") is None and row.get("parent") is None:
        yield "centre", "no_centre", "", ""


def outline_mended(text: str) -> bool:
    """Does the cell of an outline break the rule of that name?"""
    return is_broken_outline(text)


def extension_lost(text: str) -> bool:
    """Is the phone of a cell kept without the extension that is written there?"""
    return without_extension(text) != normalize("NFKC", text)


CHECKS: Mapping[str, tuple[Check, ...]] = MappingProxyType(
    {
        "regions": (_served,),
        "nodes": (_coordinates, _fed),
        "premises": (_coordinates, _place),
        "customers": (_capacities, _voltage, _commissioned),
        "phones": (),
        "service_points": (),
    }
)


def judge(kind: str, row: dict[str, Any], ground: Ground) -> Iterator[Broken]:
    """What is wrong with a row whose cells could be read, by itself."""
    for check in CHECKS[kind]:
        yield from check(row, ground)

"""What can be imported: one table per kind, its columns, their headers in both languages. Pure.

A column that the file does not have is not told: an existing row keeps its value, a new one gets
the default. An empty cell of a column that is there takes the value back to the default.
"""

from dataclasses import dataclass
from typing import Any

from dispatch.directory.codes import (
    ACCOUNT_STATES,
    AREA_CLASSES,
    CATEGORIES,
    IMPORTANCES,
    NODE_KINDS,
    PHONE_USES,
    VOLTAGES,
)
from dispatch.directory.imports import cells, choices
from dispatch.directory.imports.cells import Parser


@dataclass(frozen=True, slots=True)
class Column:
    """`headers`: accepted ones, the Chinese and the English of the template first.

    `sql`: its type in the staging table. `default`: what a new row or an empty cell gets.
    `target`: the column of the directory's table; None for one that names another row.
    """

    name: str
    headers: tuple[str, ...]
    parse: Parser
    sql: str = "text"
    required: bool = False
    default: Any = None
    target: bool = True
    personal: bool = False
    choices: tuple[str, ...] = ()
    hint_zh: str = ""
    hint_en: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """`key`: columns that say which row it is."""

    code: str
    name_zh: str
    name_en: str
    table: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        return next(one for one in self.columns if one.name == name)


def _other_row(
    name: str,
    headers: tuple[str, ...],
    hint_zh: str = "",
    hint_en: str = "",
    *,
    required: bool = False,
) -> Column:
    """The key of another row."""
    return Column(
        name,
        headers,
        cells.code,
        required=required,
        target=False,
        hint_zh=hint_zh,
        hint_en=hint_en,
    )


def _one_of(
    name: str, headers: tuple[str, ...], parse: Parser, listed: tuple[str, ...], default: str
) -> Column:
    """A code of a list."""
    return Column(name, headers, parse, default=default, choices=listed)


_CUSTOMER = _other_row(
    "customer",
    ("户号", "customer", "customer number", "account", "account number"),
    required=True,
)
_LAT = Column(
    "lat",
    ("纬度", "lat", "latitude", "y"),
    cells.latitude,
    "float8",
    hint_zh="度；坐标系另列",
    hint_en="degrees, of the system in the column datum",
)
_LON = Column(
    "lon",
    ("经度", "lon", "longitude", "lng", "x"),
    cells.longitude,
    "float8",
    hint_zh="度；坐标系另列",
    hint_en="degrees, of the system in the column datum",
)
_DATUM = Column(
    "datum",
    ("坐标系", "datum", "coordinate system"),
    cells.choice(
        {
            "wgs84": "wgs84",
            "wgs-84": "wgs84",
            "gcj02": "gcj02",
            "gcj-02": "gcj02",
            "火星坐标": "gcj02",
            "bd09": "bd09",
            "bd-09": "bd09",
            "百度坐标": "bd09",
        }
    ),
    target=False,
    default="wgs84",
    hint_zh="wgs84、gcj02（高德、腾讯）或 bd09（百度）；空白：wgs84",
    hint_en="wgs84, gcj02 (AMap, Tencent) or bd09 (Baidu); empty: wgs84",
)
_NAME_ZH = Column("name_zh", ("名称", "name_zh", "name", "中文名称"), cells.words, required=True)
_NAME_EN = Column(
    "name_en",
    ("英文名称", "name_en", "english name"),
    cells.words,
    default="",
    hint_zh="空白：用中文名称",
    hint_en="empty: the Chinese name",
)

REGIONS = Kind(
    "regions",
    "区域",
    "Regions",
    "region",
    ("code",),
    (
        Column("code", ("区域代码", "code", "region code", "代码"), cells.code, required=True),
        _other_row(
            "parent",
            ("上级代码", "parent", "parent code", "district_code"),
            "上级区域的代码",
            "code of the region above",
        ),
        _NAME_ZH,
        _NAME_EN,
        _other_row(
            "centre",
            ("报修中心", "centre", "center", "centre code"),
            "负责抢修的中心代码",
            "code of the centre that repairs there",
        ),
        Column(
            "outline",
            ("边界", "outline", "geometry", "boundary"),
            cells.outline,
            "jsonb",
            hint_zh="GeoJSON 或 WKT，WGS-84",
            hint_en="GeoJSON or WKT, WGS-84",
        ),
    ),
)
NODES = Kind(
    "nodes",
    "电网设备",
    "Network nodes",
    "network_node",
    ("code",),
    (
        Column("code", ("设备编号", "code", "node code", "编号"), cells.code, required=True),
        Column(
            "kind",
            ("类型", "kind", "type", "设备类型"),
            choices.NODE_KIND,
            required=True,
            choices=NODE_KINDS,
        ),
        _other_row(
            "parent",
            ("上级编号", "parent", "parent code", "电源侧编号"),
            "电源侧设备的编号",
            "code of the device that feeds it",
        ),
        _NAME_ZH,
        _NAME_EN,
        _LAT,
        _LON,
        _DATUM,
    ),
)
PREMISES = Kind(
    "premises",
    "用电地址",
    "Premises",
    "premise",
    ("code",),
    (
        Column(
            "code", ("地址编号", "code", "premise code", "用电地址编号"), cells.code, required=True
        ),
        _other_row("region", ("区域代码", "region", "region code"), required=True),
        Column(
            "address_zh",
            ("用电地址", "address_zh", "address", "地址"),
            cells.words,
            required=True,
            personal=True,
        ),
        Column(
            "address_en", ("英文地址", "address_en", "english address"), cells.words, personal=True
        ),
        _one_of(
            "area_class",
            ("区域类别", "area_class", "area class", "area"),
            choices.AREA,
            AREA_CLASSES,
            "urban",
        ),
        _LAT,
        _LON,
        _DATUM,
    ),
)
CUSTOMERS = Kind(
    "customers",
    "客户",
    "Customers",
    "customer",
    ("number",),
    (
        Column(
            "number",
            ("户号", "number", "account", "account number", "客户编号", "用户编号"),
            cells.code,
            required=True,
        ),
        Column(
            "name_zh",
            ("户名", "name_zh", "name", "客户名称", "用户名称"),
            cells.words,
            required=True,
            personal=True,
        ),
        Column("name_en", ("英文户名", "name_en", "english name"), cells.words, personal=True),
        _one_of(
            "importance",
            ("重要等级", "importance", "重要性"),
            choices.IMPORTANCE,
            IMPORTANCES,
            "ordinary",
        ),
        _one_of(
            "account_state",
            ("账户状态", "account_state", "account state", "用户状态"),
            choices.ACCOUNT,
            ACCOUNT_STATES,
            "active",
        ),
        _one_of("category", ("用电类别", "category"), choices.CATEGORY, CATEGORIES, "residential"),
        Column(
            "voltage",
            ("供电电压", "voltage", "voltage kv", "电压等级"),
            choices.VOLTAGE,
            default="0.4",
            choices=VOLTAGES,
            hint_zh="千伏",
            hint_en="kV",
        ),
        Column(
            "contract_kva",
            ("合同容量", "contract_kva", "contract kva", "contract capacity"),
            cells.capacity,
            "float8",
            hint_zh="千伏安",
            hint_en="kVA",
        ),
        Column(
            "running_kva",
            ("运行容量", "running_kva", "running kva", "running capacity"),
            cells.capacity,
            "float8",
            hint_zh="千伏安",
            hint_en="kVA",
        ),
        Column(
            "commissioned_on",
            ("送电日期", "commissioned_on", "commissioned on", "commissioned", "立户日期"),
            cells.day,
            "date",
            hint_zh="如 2020-01-31",
            hint_en="such as 2020-01-31",
        ),
    ),
)
SERVICE_POINTS = Kind(
    "service_points",
    "计量点",
    "Service points",
    "service_point",
    ("meter",),
    (
        Column("meter", ("电表号", "meter", "meter number", "表号"), cells.code, required=True),
        _CUSTOMER,
        _other_row(
            "premise", ("地址编号", "premise", "premise code", "用电地址编号"), required=True
        ),
        _other_row(
            "transformer",
            ("变压器编号", "transformer", "transformer code", "台区编号"),
            "高压客户可填其电源设备",
            "for high voltage the device that feeds it",
        ),
    ),
)


def phones(region: str) -> Kind:
    """Phones; `region` is the country of numbers without a country code."""
    return Kind(
        "phones",
        "联系电话",
        "Phones",
        "customer_phone",
        ("customer", "number"),
        (
            _CUSTOMER,
            Column(
                "number",
                ("电话", "phone", "number", "phone number", "联系电话", "手机"),
                cells.phone(region),
                required=True,
                personal=True,
            ),
            Column(
                "verified",
                ("已核实", "verified"),
                cells.yes_or_no,
                "boolean",
                default=False,
                choices=("yes", "no"),
            ),
            _one_of("used_by", ("使用人", "used_by", "used by"), choices.USE, PHONE_USES, "owner"),
            Column(
                "position",
                ("拨打顺序", "position", "order"),
                cells.whole,
                "bigint",
                default=0,
                hint_zh="0 最先拨打",
                hint_en="0 is called first",
            ),
        ),
    )


def kinds(region: str) -> dict[str, Kind]:
    """All kinds by code, in the order in which they lean on each other."""
    every = (REGIONS, NODES, PREMISES, CUSTOMERS, phones(region), SERVICE_POINTS)
    return {one.code: one for one in every}


CODES = ("regions", "nodes", "premises", "customers", "phones", "service_points")

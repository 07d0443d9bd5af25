"""Codes of the organisation and the roster, with their names in both languages."""

SHIFT_KINDS = (
    ("day", "白班", "day"),
    ("night", "夜班", "night"),
    ("early", "早班", "early"),
    ("late", "晚班", "late"),
    ("standby", "备班", "standby"),
)
VOLTAGE_CLASSES = (
    ("0.4", "0.4千伏", "0.4 kV"),
    ("10", "10千伏", "10 kV"),
    ("35", "35千伏", "35 kV"),
    ("110", "110千伏", "110 kV"),
)
UNIT_KINDS = (
    ("hotline", "热线", "hotline"),
    ("centre", "报修中心", "repair centre"),
    ("department", "部门", "department"),
    ("crew", "班组", "crew"),
)
DEACTIVATION_REASONS = (
    ("reorganised", "机构调整", "reorganised"),
    ("left", "离职", "left"),
    ("transferred", "调岗", "transferred"),
    ("security", "账号安全", "security"),
    ("mistake", "误建", "made by mistake"),
    ("other", "其他原因", "another reason"),
)
VOLTAGE_CODES = tuple(code for code, *_ in VOLTAGE_CLASSES)


def words_of(table: tuple[tuple[str, str, str], ...], code: str) -> tuple[str, str]:
    """The name of a code in Chinese and English; the code where it is not known."""
    return next(((zh, en) for known, zh, en in table if known == code), (code, code))

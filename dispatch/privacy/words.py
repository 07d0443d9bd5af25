"""Codes of privacy: why somebody looks at a masked value, and which values there are."""

UNMASK_REASONS = (
    ("call_back", "回拨客户", "call the customer back"),
    ("find_site", "确认现场位置", "find the site"),
    ("safety", "人身安全", "danger to life"),
    ("complaint", "处理投诉", "handle a complaint"),
    ("data_check", "核对档案", "check the records"),
    ("other", "其他（请说明）", "another reason (say which)"),
)
REASON_CODES = tuple(code for code, *_ in UNMASK_REASONS)
NEEDS_WORDS = "other"
"""The reason that takes words beside it."""

# What may be masked: kind of record → its fields. A name, address or place has two languages.
FIELDS = {
    "customer": ("name",),
    "phone": ("number",),
    "premise": ("address",),
    "ticket": ("caller_name", "caller_phone", "description"),
    "call": ("from_number",),
    "order": ("place",),
    "note": ("words",),
}

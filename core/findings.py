"""What pydantic finds wrong with a value, in Chinese and English: pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic_core import PydanticCustomError

Words = tuple[str, str]
"""Chinese, English."""
_ANY = "值无效"
_ZH: Mapping[str, str] = MappingProxyType(
    {
        "missing": "必填",
        "extra_forbidden": "没有此字段",
        "json_invalid": "不是有效的 JSON",
        "string_too_long": "最多 {max_length} 个字符",
        "string_too_short": "至少 {min_length} 个字符",
        "string_pattern_mismatch": "格式不符（{pattern}）",
        "string_type": "应为文字",
        "uuid_parsing": "应为编号（UUID）",
        "uuid_type": "应为编号（UUID）",
        "literal_error": "应为以下之一：{expected}",
        "enum": "应为以下之一：{expected}",
        "bool_type": "应为 true 或 false",
        "bool_parsing": "应为 true 或 false",
        "int_parsing": "应为整数",
        "int_type": "应为整数",
        "int_from_float": "应为整数",
        "float_parsing": "应为数字",
        "float_type": "应为数字",
        "finite_number": "应为有限的数字",
        "greater_than": "应大于 {gt}",
        "greater_than_equal": "不得小于 {ge}",
        "less_than": "应小于 {lt}",
        "less_than_equal": "不得大于 {le}",
        "too_short": "至少 {min_length} 项",
        "too_long": "最多 {max_length} 项",
        "tuple_type": "应为列表",
        "list_type": "应为列表",
        "timezone_aware": "时间须带时区",
        "datetime_parsing": "应为带时区的时间（ISO 8601）",
        "datetime_from_date_parsing": "应为带时区的时间（ISO 8601）",
        "datetime_type": "应为带时区的时间（ISO 8601）",
        "date_type": "应为日期",
        "date_parsing": "应为日期",
        "date_from_datetime_parsing": "应为日期",
        "time_type": "应为时刻",
        "time_parsing": "应为时刻",
        "model_type": "应为一组字段",
        "model_attributes_type": "应为 JSON 对象",
        "dict_type": "应为一组字段",
        "value_error": _ANY,
    }
)


def wrong(zh: str, en: str) -> PydanticCustomError:
    """What a validator raises to say in both languages why it refuses."""
    return PydanticCustomError("said", "{en}", {"en": en, "zh": zh})


def both(one: Mapping[str, Any]) -> Words:
    """One finding of pydantic (`ValidationError.errors()`) in words; its kind decides."""
    known = one.get("ctx", {})
    en = str(one["msg"]).removeprefix("Value error, ")
    if one["type"] == "said":
        return str(known["zh"]), en
    try:
        return _ZH.get(one["type"], _ANY).format(**known), en
    except KeyError:
        return _ANY, en

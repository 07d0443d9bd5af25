"""Why a crew is away, in both languages."""

AWAY_REASONS = (
    ("meal", "用餐", "meal"),
    ("refuelling", "加油充电", "refuelling"),
    ("materials", "领料", "fetching materials"),
    ("vehicle", "车辆故障", "vehicle out of order"),
    ("training", "培训会议", "training or meeting"),
    ("rest", "休息", "rest"),
    ("other", "其他原因", "another reason"),
)
AWAY_CODES = tuple(code for code, *_ in AWAY_REASONS)


def away_words(code: str) -> tuple[str, str]:
    """The reason's name in Chinese and English; the code where it is not known."""
    return next(((zh, en) for known, zh, en in AWAY_REASONS if known == code), (code, code))

"""What became of a position, in words of both languages."""

from typing import NamedTuple


class Word(NamedTuple):
    zh: str
    en: str


REASONS: dict[str, Word] = {
    "ok": Word("已采用", "counted"),
    "no_time": Word("没有定位时间", "it has no time"),
    "far_future": Word("定位时间超前一天以上", "its time is more than a day ahead"),
    "far_past": Word("定位时间早于九十天前", "its time is more than ninety days ago"),
    "not_kept": Word("早于轨迹保存期", "its day is no longer kept"),
    "null_island": Word("坐标为 0, 0：终端未定位", "0, 0: the device had no position"),
    "duplicate": Word("与最新定位重复", "the latest position once more"),
    "outdated": Word("终端自报未定位，坐标是旧的", "the device says that it has no position now"),
    "inaccurate": Word("误差超过 200 米", "uncertain by more than 200 m"),
    "future": Word("定位时间超前一分钟以上", "its time is more than a minute ahead"),
    "beside": Word("同车另一设备为准：旁存，不显示", "another device of the vehicle counts"),
    "late": Word("补传：晚于最新定位到达，只入轨迹", "it came after newer ones: track only"),
    "jump": Word("跳点：速度不可能，且未获印证", "a jump that no second position confirmed"),
    "static": Word("停车抽稀：距上次存储太近", "standing still: thinned"),
}
"""By the name of the rule that decided (`gps.filters.RULES`)."""

BESIDE: dict[str, Word] = {
    "terminal": Word("同车终端为准：旁存，不显示", "the vehicle's terminal counts"),
    "phone": Word("同车手机为准：旁存，不显示", "a phone in the vehicle counts"),
}
"""In place of the general one, by the kind of the device that counted then."""

UNSTORED: dict[str, Word] = {
    "off_duty": Word("非值班或离岗时间，不保存", "the crew was off duty or away: not kept"),
    "wrong": Word("格式有误", "it is malformed"),
    "refused": Word("数据库未能保存", "the database would not store it"),
}
"""What else may become of a phone's position."""

CONTESTS: dict[str, Word] = {
    "hardware": Word("以其他硬件注册", "another terminal registers as it"),
    "takeover": Word("两台设备反复争用连接", "two devices take its connection from each other"),
    "code": Word("连续鉴权码错误", "wrong codes in a row"),
    "foreign": Word("其连接上出现其他设备号", "its connection sends with other identities"),
}
"""By the kind of a contested identity (`gps.models.DeviceContest`)."""

"""What a crew is told of a silent device. Pure."""

from sla.policy import Name

TITLE = Name(zh="派单 定位中断", en="Paidan: position lost")

SAID = {
    "phone": Name(
        zh="自 {time} 起收不到手机定位。请打开派单页面，并允许使用位置。",
        en="Your phone's position has not been seen since {time}. Open the Paidan page and allow "
        "location.",
    ),
    "terminal": Name(
        zh="车辆 {plate} 的车载终端自 {time} 起无信号，请检查终端电源和天线。",
        en="The terminal of vehicle {plate} has been silent since {time}. Check its power and "
        "antenna.",
    ),
}
"""By kind of the device."""


def said(kind: str, time: str, plate: str) -> Name:
    """The text in both languages; `time`: local, HH:MM."""
    return Name(
        zh=SAID[kind].zh.format(time=time, plate=plate),
        en=SAID[kind].en.format(time=time, plate=plate),
    )

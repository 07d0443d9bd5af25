"""Settings: environment variables that start with `PAIDAN_`, described in docs/settings.md."""

from pathlib import Path
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AwareDatetime, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import Problem

_COUNT = ("应为不小于 1 的整数", "it must be a whole number from 1 on")
_MOMENT = (
    "应为带时区的时刻，如 2026-03-02T08:00:00+08:00；CLOCK_START 与 CLOCK_FROM 须同时设置",
    "it must be a moment with a time zone, like 2026-03-02T08:00:00+08:00, and CLOCK_START and"
    " CLOCK_FROM stand together",
)
_WEB = ("应以 http:// 或 https:// 开头", "it must begin with http:// or https://")
_SECONDS = ("应为大于 0 的秒数", "it must be a number of seconds above 0")
_ZONE = (
    "没有此时区，应写作 Asia/Shanghai 之类",
    "there is no such time zone; write one like Asia/Shanghai",
)
_TLS = (
    "GPS_TLS_CERTIFICATE 与 GPS_TLS_KEY 须同时设置，为可读的 PEM 文件；+tls 的端口需要它们",
    "GPS_TLS_CERTIFICATE and GPS_TLS_KEY stand together and are PEM files that can be read; ports"
    " with +tls need them",
)
# What each setting must be, for whoever reads the refusal.
_EXPECTED = {
    "port": ("应为 1 至 65500 的整数", "it must be a whole number from 1 to 65500"),
    "jt808_port": (
        "应为 1 至 65535 的整数，且不同于 PAIDAN_PORT",
        "it must be a whole number from 1 to 65535, and not that of PAIDAN_PORT",
    ),
    "database_url": ("应以 postgresql:// 开头", "it must begin with postgresql://"),
    "redis_url": (
        "应以 redis://、rediss:// 或 unix:// 开头",
        "it must begin with redis://, rediss:// or unix://",
    ),
    "public_url": _WEB,
    "twilio_api_url": _WEB,
    "asterisk_url": _WEB,
    "asterisk_trunk": (
        "应含 {number}，如 PJSIP/{number}@trunk",
        "it must hold {number}, such as PJSIP/{number}@trunk",
    ),
    "asterisk_phone": (
        "应含 {name}，如 PJSIP/{name}",
        "it must hold {name}, such as PJSIP/{name}",
    ),
    "calls_per_second": (
        "应为大于 0、不超过 100 的数",
        "it must be a number above 0 and up to 100",
    ),
    "messages_per_second": (
        "应为大于 0、不超过 1000 的数",
        "it must be a number above 0 and up to 1000",
    ),
    "webhook_budget_seconds": (
        "应为大于 0、不超过 10 的秒数",
        "it must be a number of seconds above 0 and up to 10",
    ),
    "webhooks_at_once": ("应为 1 至 200 的整数", "it must be a whole number from 1 to 200"),
    "database_pool": _COUNT,
    "session_hours": _COUNT,
    "unmask_per_hour": _COUNT,
    "public_tickets": ("应为 true 或 false", "it must be true or false"),
    "public_tickets_per_hour": _COUNT,
    "secure_cookies": ("应为 true 或 false", "it must be true or false"),
    "clock_start": _MOMENT,
    "clock_from": _MOMENT,
    "clock_speed": ("应为 0.1 至 1000 的数", "it must be a number from 0.1 to 1000"),
    "clock_catch_up": ("应为 true 或 false", "it must be true or false"),
    "import_max_mb": ("应为 1 至 2000 的整数", "it must be a whole number from 1 to 2000"),
    "demo_city": ("应为 true 或 false", "it must be true or false"),
    "phone_region": (
        "应为两个大写字母的国家代码，如 CN",
        "it must be a country's two capital letters, such as CN",
    ),
    "caller_number": (
        "应为国际格式号码，如 +861012345678",
        "it must be a number with its country code, such as +861012345678",
    ),
    "message_templates": ("应为一个 TOML 文件的路径", "it must be the path of a TOML file"),
    "demo": ("应为 true 或 false", "it must be true or false"),
    "demo_carrier_port": ("应为 1 至 65535 的整数", "it must be a whole number from 1 to 65535"),
    "timezone": _ZONE,
    "jt808_timezone": _ZONE,
    "receipt_retry_seconds": _SECONDS,
    "desk_lease_seconds": _SECONDS,
    "outbox_lease_seconds": _SECONDS,
    "gps_flush_seconds": _SECONDS,
    "short_abandon_seconds": ("应为不小于 0 的秒数", "it must be a number of seconds from 0 on"),
    "service_level_seconds": ("应为大于 0 的秒数", "it must be a number of seconds above 0"),
    "service_level_target": ("应为 0 至 1 的数", "it must be a number from 0 to 1"),
    "service_level_reading": (
        "应为 short_out 或 short_in",
        "it must be short_out or short_in",
    ),
    "repeat_call_hours": ("应为 1 至 744 的小时数", "it must be a number of hours from 1 to 744"),
    "lost_call_seconds": ("应为不小于 10 的秒数", "it must be a number of seconds from 10 on"),
    "gps_processes": ("应为 1 至 16 的整数", "it must be a whole number from 1 to 16"),
    "gps_static_seconds": (
        "应为 0 至 3600 的秒数",
        "it must be a number of seconds from 0 to 3600",
    ),
    "gps_keep_days": ("应为 0 至 36500 的整数", "it must be a whole number from 0 to 36500"),
    "gps_thin_after_days": (
        "应为 0 至 36500 的整数",
        "it must be a whole number from 0 to 36500",
    ),
    "gps_thin_seconds": ("应为 1 至 86400 的整数", "it must be a whole number from 1 to 86400"),
    "gps_unknown_devices": (
        "应为 refuse 或 quarantine",
        "it must be refuse or quarantine",
    ),
    "gps_protocols": (
        "应为以逗号分隔的协议名，可带端口，如 gt06, teltonika:5027, osmand+tls:5055；"
        "每个端口只用一次，jt808 有自己的端口",
        "it must be names of protocols with commas between, each with its port where that is not"
        " the usual one, such as gt06, teltonika:5027, osmand+tls:5055; no port twice; jt808 has"
        " a port of its own",
    ),
    "gps_tls_certificate": _TLS,
    "gps_tls_key": _TLS,
    "gps_contested_devices": (
        "应为 report 或 refuse_newer",
        "it must be report or refuse_newer",
    ),
    "geocoder": (
        "应为 none、nominatim、arcgis、amap 或 baidu",
        "it must be none, nominatim, arcgis, amap or baidu",
    ),
    "geocoder_url": _WEB,
    "geocoder_timeout_seconds": (
        "应为大于 0、不超过 10 的秒数",
        "it must be a number of seconds above 0 and up to 10",
    ),
    "notify_timeout_seconds": (
        "应为大于 0、不超过 30 的秒数",
        "it must be a number of seconds above 0 and up to 30",
    ),
    "log_format": ("应为 console 或 json", "it must be console or json"),
    "log_level": (
        "应为 DEBUG、INFO、WARNING 或 ERROR",
        "it must be DEBUG, INFO, WARNING or ERROR",
    ),
}
_SCHEMES = {
    "database_url": ("postgresql://", "postgres://", "postgresql+psycopg://"),
    "redis_url": ("redis://", "rediss://", "unix://"),
    "public_url": ("http://", "https://"),
    "twilio_api_url": ("http://", "https://"),
    "asterisk_url": ("http://", "https://"),
    "geocoder_url": ("http://", "https://"),
}


class WrongSetting(Problem):
    """A setting cannot be used. `variable` names it; values are never repeated: some are secret."""

    status = 500
    code = "wrong_setting"
    zh = "设置 {variable} 无效：{expected_zh}。"
    en = "The setting {variable} is not valid: {expected_en}."


class Settings(BaseSettings):
    """Every setting, its unit and its default. `docs/settings.md` names each of them (tested)."""

    model_config = SettingsConfigDict(env_prefix="PAIDAN_", extra="ignore")

    data_dir: Path = Field(Path(".data"), description="Where embedded servers and files live.")
    host: str = Field("127.0.0.1", description="Address that every listener binds to.")
    port: int = Field(8700, ge=1, le=65500, description="HTTP port; other ports derive from it.")
    jt808_port: int | None = Field(
        None, ge=1, le=65535, description="TCP port of JT/T 808 terminals; port + 1."
    )
    database_url: str | None = Field(
        None, description="PostgreSQL, e.g. postgresql://user:secret@host/db; empty: embedded."
    )
    redis_url: str | None = Field(None, description="Valkey or Redis URL; empty: embedded.")
    database_pool: int = Field(8, ge=1, description="Database connections per process, at most.")
    public_url: str | None = Field(
        None, description="Base URL the carrier calls; signatures are checked against it."
    )
    secret_key: SecretStr | None = Field(
        None, description="Signs digests; empty: made once and kept in the data directory."
    )
    secure_cookies: bool = Field(
        default=False, description="Send cookies over HTTPS only; set it behind TLS."
    )
    session_hours: int = Field(14, ge=1, description="Hours until a login expires.")
    twilio_account_sid: str | None = Field(None, description="Carrier account.")
    twilio_auth_token: SecretStr | None = Field(
        None, description="Carrier token; webhooks are signed with it."
    )
    caller_number: str | None = Field(
        None,
        pattern=r"^\+[0-9]{5,15}$",
        description="Number that calls and messages come from; empty: the organisation's first.",
    )
    message_templates: Path | None = Field(
        None, description="TOML file with own texts of messages; they replace those of the product."
    )
    short_abandon_seconds: float = Field(
        5, ge=0, description="Who gives up within so many seconds is counted apart."
    )
    service_level_seconds: float = Field(
        20, gt=0, le=3600, description="The service level counts calls answered within so long."
    )
    service_level_target: float = Field(
        0.8, ge=0, le=1, description="Share of calls that the service level should reach."
    )
    service_level_reading: str = Field(
        "short_out",
        pattern="^(short_out|short_in)$",
        description="short_out leaves out who gave up at once, short_in counts them as unserved.",
    )
    repeat_call_hours: float = Field(
        24, ge=1, le=744, description="A call so soon after one of the same number is a repeat."
    )
    lost_call_seconds: float = Field(
        300, ge=10, description="An open call that is silent for so long is asked for."
    )
    twilio_api_url: str | None = Field(
        None, description="Base URL of the carrier's interface; empty: the carrier's own."
    )
    asterisk_url: str | None = Field(
        None, description="Base URL of an own Asterisk's HTTP server; it carries the calls then."
    )
    asterisk_user: str = Field("paidan", description="User of its ARI.")
    asterisk_password: SecretStr | None = Field(None, description="Password of that user.")
    asterisk_trunk: str = Field(
        "PJSIP/{number}@trunk",
        pattern=r"^[^{}]*\{number\}[^{}]*$",
        description="What it dials for a number of the telephone network.",
    )
    asterisk_phone: str = Field(
        "PJSIP/{name}",
        pattern=r"^[^{}]*\{name\}[^{}]*$",
        description="What it dials for a phone of the house, `client:name` or `sip:name@host`.",
    )
    asterisk_sounds: Path | None = Field(
        None, description="Folder of sounds that it reads too; empty: in the data directory."
    )
    asterisk_voice: str = Field(
        "espeak-ng", description="Program that speaks words without a recording; empty: none."
    )
    calls_per_second: float = Field(
        1.0,
        gt=0,
        le=100,
        description="Calls that the carrier may be asked to begin in a second.",
    )
    messages_per_second: float = Field(
        1.0,
        gt=0,
        le=1000,
        description="Short messages that one number of ours may send in a second.",
    )
    webhook_budget_seconds: float = Field(
        1.5,
        gt=0,
        le=10,
        description="Seconds until a caller hears the fallback instead of an answer.",
    )
    webhooks_at_once: int = Field(
        8,
        ge=1,
        le=200,
        description="Webhooks of the carrier that one web process works on at once.",
    )
    demo: bool = Field(
        default=False, description="A demo city beside the organisation; `paidan up` turns it on."
    )
    demo_carrier_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Port on loopback of the demo city's carrier simulator; `paidan up` finds one.",
    )
    public_tickets: bool = Field(
        default=True, description="The public form takes requests without a login."
    )
    public_tickets_per_hour: int = Field(
        6, ge=1, description="Requests of one address through the public form, per hour."
    )
    partner_secret: SecretStr | None = Field(
        None, description="Shared with partners whose systems hand in requests, signed with it."
    )
    phone_region: str = Field(
        "CN",
        pattern="^[A-Z]{2}$",
        description="Country (ISO 3166) of phone numbers without a country code.",
    )
    timezone: str = Field("Asia/Shanghai", description="Time zone of reports and screens.")
    jt808_timezone: str = Field(
        "Asia/Shanghai", description="Time zone of terminal clocks (JT/T 808 says GMT+8)."
    )
    unmask_per_hour: int = Field(
        60, ge=1, description="Masked values that one person may look at in an hour."
    )
    receipt_retry_seconds: float = Field(
        5.0,
        gt=0,
        allow_inf_nan=False,
        description="Seconds until an unconfirmed delivery is sent again.",
    )
    desk_lease_seconds: float = Field(
        15.0,
        gt=0,
        allow_inf_nan=False,
        description="Seconds until the desks of a process that died count as closed.",
    )
    outbox_lease_seconds: float = Field(
        60.0,
        gt=0,
        allow_inf_nan=False,
        description="Seconds a handed-out job may take before it is handed out again.",
    )
    gps_flush_seconds: float = Field(
        0.04, gt=0, allow_inf_nan=False, description="Seconds between two writes of positions."
    )
    gps_processes: int = Field(
        1, ge=1, le=16, description="Gateways that share the ports for devices on one machine."
    )
    gps_static_seconds: float = Field(
        0.0,
        ge=0,
        le=3600,
        allow_inf_nan=False,
        description="Stored positions of a standing vehicle are at least so far apart; 0: all are.",
    )
    gps_keep_days: int = Field(
        0, ge=0, le=36500, description="Positions of older days are dropped; 0: none are."
    )
    gps_thin_after_days: int = Field(
        0, ge=0, le=36500, description="Positions of older days are thinned; 0: none are."
    )
    gps_thin_seconds: int = Field(
        60, ge=1, le=86400, description="Of a thinned day, one position a device in so long stays."
    )
    gps_unknown_devices: str = Field(
        "refuse", pattern="^(refuse|quarantine)$", description="What unknown terminals get."
    )
    gps_protocols: str = Field(
        "", description="Protocols besides JT/T 808, such as `gt06, teltonika:5027, osmand+tls`."
    )
    gps_tls_certificate: Path | None = Field(
        None, description="Certificate (PEM, with its chain) of ports with `+tls`."
    )
    gps_tls_key: Path | None = Field(None, description="Its private key (PEM).")
    gps_contested_devices: str = Field(
        "report",
        pattern="^(report|refuse_newer)$",
        description="What happens while two connections fight over one device.",
    )
    import_max_mb: int = Field(
        200, ge=1, le=2000, description="Megabytes of an uploaded import file, at most."
    )
    demo_city: bool = Field(
        default=True, description="With the demo on, `paidan up` runs the city's people too."
    )
    clock_start: AwareDatetime | None = Field(
        None, description="For demonstrations and load tests only: business time at clock_from."
    )
    clock_from: AwareDatetime | None = Field(
        None, description="For demonstrations and load tests only: the real moment of clock_start."
    )
    clock_speed: float = Field(
        1.0,
        ge=0.1,
        le=1000,
        description="For demonstrations and load tests only: business seconds per real second.",
    )
    clock_catch_up: bool = Field(
        default=False,
        description="For demonstrations and load tests only: never pass real time, then keep it.",
    )
    geocoder: str = Field(
        "none",
        pattern="^(none|nominatim|arcgis|amap|baidu)$",
        description="Who is asked for places that the directory does not know.",
    )
    geocoder_url: str | None = Field(
        None, description="Address of an own Nominatim or of a relay; empty: the provider's."
    )
    geocoder_key: SecretStr | None = Field(None, description="The provider's key.")
    geocoder_timeout_seconds: float = Field(
        2.0,
        gt=0,
        le=10,
        allow_inf_nan=False,
        description="Seconds that one question to the geocoder may take.",
    )
    notify_robot_urls: SecretStr | None = Field(
        None, description="Chat robots that escalations go to, as apprise addresses; by spaces."
    )
    notify_mail_urls: SecretStr | None = Field(
        None, description="Mailboxes that escalations go to, as apprise addresses; by spaces."
    )
    notify_timeout_seconds: float = Field(
        8.0,
        gt=0,
        le=30,
        allow_inf_nan=False,
        description="Seconds that one try to reach a robot or a mail server may take.",
    )
    log_format: str = Field("console", pattern="^(console|json)$", description="Log lines.")
    log_level: str = Field(
        "INFO",
        pattern="^(DEBUG|INFO|WARNING|ERROR)$",
        description="DEBUG, INFO, WARNING or ERROR.",
    )

    @field_validator("timezone", "jt808_timezone")
    @classmethod
    def _zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, OSError) as error:
            raise ValueError("no such time zone") from error
        return name

    @field_validator(*_SCHEMES)
    @classmethod
    def _scheme(cls, url: str | None, info: Any) -> str | None:
        if url and not url.startswith(_SCHEMES[info.field_name]):
            raise ValueError("another scheme")
        return url

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, level: Any) -> Any:
        return level.upper() if isinstance(level, str) else level

    @property
    def effective_jt808_port(self) -> int:
        return self.jt808_port if self.jt808_port is not None else self.port + 1

    @property
    def effective_public_url(self) -> str:
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


class _Once:
    """What is read once. Cleared, it is read anew: what another thread was just reading, from
    before, does not come back.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: Settings | None = None

    def __call__(self) -> Settings:
        """The settings of this process. Raises WrongSetting for the first one amiss."""
        known = self._known
        if known is None:
            with self._lock:
                known = self._known = self._known or _read()
        return known

    def cache_clear(self) -> None:
        with self._lock:
            self._known = None


settings = _Once()


def _read() -> Settings:
    try:
        read = Settings()
        if read.effective_jt808_port == read.port:
            name = "jt808_port"
        elif (read.clock_start is None) != (read.clock_from is None):
            name = "clock_from" if read.clock_from is None else "clock_start"
        else:
            return read
    except ValidationError as error:
        name = str(error.errors(include_input=False, include_url=False)[0]["loc"][0]).lower()
    raise wrong(name)


def wrong(name: str) -> WrongSetting:
    """The refusal of the setting with this name, for whoever finds out later that it is amiss."""
    zh, en = _EXPECTED.get(name, ("无法读取", "it cannot be read"))
    return WrongSetting(variable=f"PAIDAN_{name.upper()}", expected_zh=zh, expected_en=en)

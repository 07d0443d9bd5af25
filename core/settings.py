"""Settings: environment variables that start with `PAIDAN_`, described in docs/settings.md."""

from functools import lru_cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting, its unit and its default. `docs/settings.md` names each of them (tested)."""

    model_config = SettingsConfigDict(env_prefix="PAIDAN_", extra="ignore")

    data_dir: Path = Field(Path(".data"), description="Where embedded servers and files live.")
    host: str = Field("127.0.0.1", description="Address that every listener binds to.")
    port: int = Field(8700, ge=1, le=65500, description="HTTP port; other ports derive from it.")
    jt808_port: int | None = Field(None, description="TCP port of JT/T 808 terminals; port + 1.")
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
    timezone: str = Field("Asia/Shanghai", description="Time zone of reports and screens.")
    jt808_timezone: str = Field(
        "Asia/Shanghai", description="Time zone of terminal clocks (JT/T 808 says GMT+8)."
    )
    receipt_retry_seconds: float = Field(
        5.0, gt=0, description="Seconds until an unconfirmed delivery is sent again."
    )
    outbox_lease_seconds: float = Field(
        60.0, gt=0, description="Seconds a handed-out job may take before it is handed out again."
    )
    gps_flush_seconds: float = Field(
        0.04, gt=0, description="Seconds between two writes of positions."
    )
    gps_unknown_devices: str = Field(
        "refuse", pattern="^(refuse|quarantine)$", description="What unknown terminals get."
    )
    log_format: str = Field("console", pattern="^(console|json)$", description="Log lines.")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")

    @property
    def effective_jt808_port(self) -> int:
        return self.jt808_port if self.jt808_port is not None else self.port + 1

    @property
    def effective_public_url(self) -> str:
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()

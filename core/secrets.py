"""The installation's secret: from settings, or made once and kept in the data directory."""

import os
import secrets

from core.settings import settings


def secret_key() -> bytes:
    """The key that signs digests. Made with mode 0600 on first use where no setting names one."""
    configured = settings().secret_key
    if configured is not None:
        return configured.get_secret_value().encode()
    path = settings().data_dir / "secret_key"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_hex(32).encode())
    return path.read_bytes()

"""`paidan api`: uvicorn with the application."""

import uvicorn

from api.app import create_app
from core.settings import settings


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    config = uvicorn.Config(
        create_app(),
        host=settings().host,
        port=settings().port,
        log_config=None,
        access_log=False,
        ws="websockets-sansio",
        ws_max_size=65_536,
        timeout_graceful_shutdown=5,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips="127.0.0.1",
    )
    uvicorn.Server(config).run()

"""Fails when the migrations and the models describe different schemas."""

import os
import sys
import tempfile
from pathlib import Path

from core.engines import open_engines
from core.engines.home import remove_home
from core.settings import Settings


def main() -> int:
    from core import migrate

    with tempfile.TemporaryDirectory(prefix="paidan-schema-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        # Only the database is needed: a named Valkey is not started.
        own = Settings(data_dir=folder, database_url=None, redis_url="redis://unused")
        try:
            with open_engines(own, postgres_options={"fsync": "off"}) as urls:
                migrate.upgrade(urls.database_url)
                differences = migrate.drift(urls.database_url)
        finally:
            remove_home(folder)
    for difference in differences:
        print(f"schema drift: {str(difference)[:200]}")
    return int(bool(differences))


if __name__ == "__main__":
    os.environ.pop("PAIDAN_DATABASE_URL", None)
    sys.exit(main())

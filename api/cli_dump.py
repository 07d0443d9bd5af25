"""Backup and restore of the database with PostgreSQL's own programs."""

import os
import shutil
import subprocess
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from core.engines import EnginesUnavailable, libpq_url
from core.engines.binaries import installed
from core.errors import Problem

# libpq reads these; arguments would show the password to everybody on the machine.
_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
}


class DumpFailed(Problem):
    """`pg_dump` or `pg_restore` ended with an error; the last lines of its output say why."""

    status = 500
    code = "dump_failed"
    zh = "{program} 失败：\n{output}"
    en = "{program} failed:\n{output}"


class NoBackup(Problem):
    """There is no such file, or it cannot be read."""

    status = 422
    code = "no_backup"
    zh = "无法读取备份文件 {file}：{why}"
    en = "The backup {file} cannot be read: {why}"


def demand(file: Path) -> None:
    """Raises NoBackup where a backup cannot be read."""
    try:
        with file.open("rb"):
            pass
    except OSError as error:
        raise NoBackup(file=file, why=error.strerror) from None


def dump(database_url: str, file: Path) -> None:
    """Write the whole database of one moment to `file` (custom format), owner-readable only."""
    work = file.with_name(f".{file.name}.part")
    work.touch(mode=0o600)
    try:
        _run("pg_dump", database_url, "--format=custom", f"--file={work}")
        work.replace(file)
    finally:
        work.unlink(missing_ok=True)


def restore(database_url: str, file: Path) -> None:
    """Replace the database's contents by those of `file`, all or nothing."""
    name = str(conninfo_to_dict(libpq_url(database_url))["dbname"])
    options = ("--clean", "--if-exists", "--no-owner", "--single-transaction")
    _run("pg_restore", database_url, *options, f"--dbname={name}", str(file))


def _run(program: str, database_url: str, *arguments: str) -> None:
    parts = conninfo_to_dict(libpq_url(database_url))
    connection = {_VARIABLES[key]: str(text) for key, text in parts.items() if key in _VARIABLES}
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs
        [_path(program), *arguments],
        env={**os.environ, **connection},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DumpFailed(program=program, output=done.stdout[-2000:])


def _path(program: str) -> str:
    try:
        return str(installed().postgres_bin / program)
    except EnginesUnavailable:
        return shutil.which(program) or program

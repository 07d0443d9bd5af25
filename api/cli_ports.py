"""Whether a TCP port is free and, where the kernel tells us, who has it."""

import errno
import os
import socket
from pathlib import Path

from core.errors import Problem

_LISTEN = "0A"


class PortTaken(Problem):
    """A port that Paidan needs belongs to another program."""

    status = 409
    code = "port_taken"
    zh = "端口 {port} 已被占用{who_zh}；请用 --port 换一个。"
    en = "port {port} is taken{who_en}; use --port to choose another."


class PortForbidden(Problem):
    """A port that only privileged programs may have."""

    status = 403
    code = "port_forbidden"
    zh = "本账户无权使用端口 {port}；请用 --port 换一个。"
    en = "this account may not use port {port}; use --port to choose another."


class AddressNotHere(Problem):
    """An address that no network interface of this machine has."""

    status = 404
    code = "address_not_here"
    zh = "本机没有地址 {host}；请用 --host 或 PAIDAN_HOST 指定本机的地址。"
    en = (
        "this machine does not have the address {host}; "
        "name one that it has with --host or PAIDAN_HOST."
    )


def require_free(host: str, *ports: int) -> None:
    """Check that all ports can be bound.

    Raises:
        PortTaken: names the first one that cannot, and its holder where that can be seen.
        PortForbidden, AddressNotHere: the account or the address does not fit.
    """
    for port in ports:
        fault = _bind_fault(host, port)
        if fault == errno.EACCES:
            raise PortForbidden(port=port)
        if fault not in (0, errno.EADDRINUSE):
            raise AddressNotHere(host=host)
        if fault:
            holder = holder_of(port)
            if holder is None:
                raise PortTaken(port=port, who_zh="", who_en="")
            pid, name = holder
            raise PortTaken(
                port=port, who_zh=f"（进程 {pid} {name}）", who_en=f" (by process {pid}, {name})"
            )


def holder_of(port: int) -> tuple[int, str] | None:
    """Pid and name of the process that listens on a TCP port, if we may see it (Linux)."""
    wanted = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if any(os.readlink(link) in wanted for link in (folder / "fd").iterdir()):
                return int(folder.name), (folder / "comm").read_text().strip()
        except OSError:
            continue
    return None


def _bind_fault(host: str, port: int) -> int:
    """0, or the number of the error that binding ends with (-2, say, for a name unknown)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # Connections that linger from an earlier run do not make a port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.errno or -1
    return 0


def _listening_inodes(port: int) -> set[str]:
    """Socket inodes that listen on `port`. Source: proc(5), /proc/net/tcp."""
    found: set[str] = set()
    for table in ("tcp", "tcp6"):
        try:
            lines = Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(fields[9])
    return found

"""Becomes another program: changes the account, ties its life to its parent, then executes.

Run as a file with `python -I -S`, before any import of the project: the account that the server
runs as may not be able to read the project at all.

Arguments: parent pid, signal sent when the parent dies (0: none), uid, gid (-1: keep), program …
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, signal, uid, gid = (int(text) for text in sys.argv[1:5])
    program = sys.argv[5:]
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if signal:
        # After the change of account: the kernel forgets the wish when the account changes.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("the parent is gone")
    os.umask(0o077)
    os.execv(program[0], program)  # noqa: S606 - our own words


if __name__ == "__main__":
    main()

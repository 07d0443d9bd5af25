"""A forked process has a life of its own: environment, files, signals, exit code, children."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import asyncio, json, os, signal, subprocess, sys, tempfile
from api.forked import Forked, preload

preload(["json"])
ours = tempfile.TemporaryFile()  # and the loop's own files: none of them is the copy's

async def fact(run, **environment):
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, ended.set)
    copy = await Forked.start("copy", environment, run)
    first = await copy.output.readline()
    return copy, first.decode().strip(), ended

def tells():
    files = [name for name in os.listdir("/proc/self/fd") if name not in "012"]
    open_ = [name for name in files if os.path.exists(f"/proc/self/fd/{name}")]
    print(json.dumps({
        "environment": dict(os.environ), "files": open_, "leader": os.getsid(0) == os.getpid(),
        "name": open("/proc/self/comm").read().strip(), "stdin": sys.stdin.read(),
        "parent": os.getppid(),
    }))
    return 3

def waits():
    asyncio.run(asyncio.sleep(0))  # a loop of its own
    child = subprocess.Popen(["sleep", "60"])
    print(child.pid)
    signal.pause()
    return 0

def fails():
    print("about to fail")
    raise RuntimeError("on purpose")

def alive(pid):
    try:
        return open(f"/proc/{pid}/stat").read().split()[2] != "Z"
    except FileNotFoundError:
        return False

async def main():
    told = {}
    copy, line, ended = await fact(tells, ONLY="this")
    await ended.wait()
    told["tells"] = {**json.loads(line), "code": copy.ended(), "me": os.getpid()}
    copy, line, ended = await fact(waits, PATH=os.environ["PATH"])
    running = copy.ended() is None
    copy.terminate()
    await ended.wait()
    told["waits"] = {"running": running, "code": copy.ended(), "again": copy.ended()}
    copy.kill_group()
    while alive(line):
        await asyncio.sleep(0.02)
    copy, line, ended = await fact(fails)
    rest = await copy.output.read()
    while copy.ended() is None:
        await asyncio.sleep(0.02)
    told["fails"] = {"code": copy.ended(), "trace": "on purpose" in rest.decode()}
    print(json.dumps(told))

asyncio.run(main())
"""


def test_a_copy_has_a_life_of_its_own() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)
    tells = told["tells"]
    assert tells["environment"] == {"ONLY": "this"}
    assert tells["files"] == []
    assert (tells["leader"], tells["name"], tells["stdin"]) == (True, "paidan copy", "")
    assert (tells["parent"], tells["code"]) == (tells["me"], 3)
    assert told["waits"] == {"running": True, "code": -15, "again": -15}
    assert told["fails"] == {"code": 1, "trace": True}

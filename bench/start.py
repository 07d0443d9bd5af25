"""What it costs to start `paidan up`, and how soon a killed web process answers again.

    python -m bench.start [--times 3]

Each time: from an existing data folder (the first start makes it and is told apart) until it says
that it is ready; processor time of it and all processes that it made until it has stopped; memory
of the Python processes as proportional set size, in which shared pages count once. The peer, in the
same run: each process's module imported by a Python of its own, which is what processes that are
not forked do before anything else. Prints JSON.
"""

import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from api.supervisor import PROCESSES
from core.clock import monotonic
from core.engines.home import remove_home
from core.engines.owner import read_run_file

PORT = 8940
PAUSE_S = 0.02


def processor_seconds() -> float:
    """Of all children that have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def megabytes(pids: list[int]) -> float:
    """Proportional set size (proc(5), smaps_rollup)."""
    kept = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kept += int(line.split()[1])
    return round(kept / 1024, 1)


def answers() -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def one_start(folder: Path) -> dict[str, Any]:
    """Start, look, kill the web process, wait for the next one, stop."""
    environment = {
        **os.environ,
        "PAIDAN_DATA_DIR": str(folder),
        "PAIDAN_PORT": str(PORT),
        "PAIDAN_DEMO": "false",
    }
    before, begun = processor_seconds(), monotonic()
    up = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "up"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert up.stdout is not None
    for line in up.stdout:
        if "is ready" in line:
            break
    ready = monotonic() - begun
    run = read_run_file(folder)
    assert run is not None
    pids = {name: pid for name, (pid, _) in run.processes.items() if name in PROCESSES}
    memory = megabytes([up.pid, *pids.values()])
    os.kill(pids["api"], signal.SIGKILL)
    killed = monotonic()
    while not answers():
        time.sleep(PAUSE_S)
    back = monotonic() - killed
    up.send_signal(signal.SIGTERM)
    up.communicate()
    return {
        "ready_s": round(ready, 1),
        "processor_s": round(processor_seconds() - before, 1),
        "processes": len(pids) + 1,
        "memory_mb": memory,
        "killed_web_process_answers_after_s": round(back, 2),
    }


def imported_apart() -> dict[str, Any]:
    """Every process's module in a Python of its own."""
    before, memory = processor_seconds(), 0.0
    for process in PROCESSES.values():
        child = subprocess.Popen(
            [sys.executable, "-c", f"import {process.module}; print(flush=True); input()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert child.stdout is not None
        child.stdout.readline()
        memory += megabytes([child.pid])
        child.communicate(b"\n")
    return {"processor_s": round(processor_seconds() - before, 1), "memory_mb": round(memory, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=3)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="paidan-bench-"))
    folder.chmod(0o711)
    try:
        print(json.dumps({"first start": one_start(folder)}), flush=True)
        for _ in range(arguments.times):
            print(json.dumps({"start": one_start(folder)}), flush=True)
        print(json.dumps({"imports in processes of their own": imported_apart()}), flush=True)
    finally:
        remove_home(folder)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

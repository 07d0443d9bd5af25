"""A real Asterisk on loopback, for tests: its own folder, its own ports, ended with the test."""

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts import asterisk

USER, PASSWORD = "paidan", "for-tests-only"
READY = "Asterisk Ready."
MODULES = """
res_timing_timerfd res_sorcery_config res_sorcery_memory res_sorcery_astdb res_http_websocket
res_pjproject res_stasis res_stasis_answer res_stasis_playback res_stasis_recording
res_stasis_snoop app_stasis res_ari res_ari_model res_ari_applications res_ari_asterisk
res_ari_bridges res_ari_channels res_ari_events res_ari_playbacks res_ari_recordings
res_musiconhold res_rtp_asterisk res_pjsip res_pjsip_session res_pjsip_sdp_rtp
res_pjsip_endpoint_identifier_ip res_pjsip_endpoint_identifier_user res_pjsip_caller_id
res_pjsip_dtmf_info res_pjsip_dlg_options res_pjsip_pubsub chan_pjsip pbx_config bridge_simple
bridge_softmix bridge_holding codec_ulaw format_wav format_pcm format_sln format_gsm codec_gsm
codec_resample func_callerid func_channel func_global chan_bridge_media app_stack func_strings
""".split()  # noqa: SIM905 - a list to read
NEEDLESS = ("cdr", "cel", "features", "acl", "udptl", "pjproject", "ccss", "manager")
DIALPLAN = """[paidan]
exten => _[+0-9]!,1,Set(CHANNEL(hangup_handler_push)=paidan-ended,s,1)
 same => n,Stasis(paidan,in,${EXTEN})
 same => n,Hangup()
[paidan-ended]
exten => s,1,Set(GLOBAL(PAIDAN_END_${CHANNEL(uniqueid)})=${STRFTIME(,UTC,%s%3q)}:${HANGUPCAUSE}:${CHANNEL(state)})
 same => n,Return()
"""  # noqa: E501 - one line of the dialplan


def free_ports(count: int, kind: socket.SocketKind) -> list[int]:
    """Ports that nobody has just now."""
    sockets = [socket.socket(socket.AF_INET, kind) for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


@dataclass
class Exchange:
    """A running Asterisk. `phones`: ports of the phones that it knows, by name."""

    folder: Path
    url: str
    sip: str
    phones: dict[str, int]
    work: subprocess.Popen[str]

    def log(self) -> str:
        return (self.folder / "log/messages").read_text()


@contextmanager
def running(folder: Path, names: tuple[str, ...]) -> Iterator[Exchange]:
    """An exchange with phones of these names; `trunk` is where calls come from."""
    (http,) = free_ports(1, socket.SOCK_STREAM)
    sip, *ports = free_ports(1 + len(names), socket.SOCK_DGRAM)
    phones = dict(zip(names, ports, strict=True))
    _configure(folder, http, sip, phones)
    command = asterisk.command("-C", str(folder / "etc/asterisk.conf"), "-f", "-n", "-vvv")
    work = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace", cwd=folder, env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    seen: list[str] = []
    ready = threading.Event()
    reader = threading.Thread(target=_read, args=(work, seen, ready))
    reader.start()
    try:
        assert ready.wait(60), "".join(seen[-30:])
        assert work.poll() is None, "".join(seen[-30:])
        yield Exchange(folder, f"http://127.0.0.1:{http}", f"127.0.0.1:{sip}", phones, work)
    finally:
        work.kill()
        work.wait()
        reader.join()
        if work.stdout is not None:
            work.stdout.close()


def _read(work: subprocess.Popen[str], seen: list[str], ready: threading.Event) -> None:
    assert work.stdout is not None
    for line in work.stdout:
        seen.append(line)
        if READY in line:
            ready.set()
    ready.set()


def _configure(folder: Path, http: int, sip: int, phones: dict[str, int]) -> None:
    for name in ("etc", "var", "spool/recording", "log", "run", "db", "moh"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    files = {
        "asterisk": _directories(folder),
        "modules": "[modules]\nautoload=no\n" + "".join(f"load={one}.so\n" for one in MODULES),
        "logger": "[general]\n[logfiles]\nmessages=notice,warning,error\nconsole=notice,verbose\n",
        "http": f"[general]\nenabled=yes\nbindaddr=127.0.0.1\nbindport={http}\n",
        "ari": f"[general]\nenabled=yes\n[{USER}]\ntype=user\nread_only=no\npassword={PASSWORD}\n",
        "rtp": "[general]\nrtpstart=24000\nrtpend=24999\n",
        "musiconhold": f"[default]\nmode=files\ndirectory={folder}/moh\n",
        "extensions": DIALPLAN,
        "pjsip": _pjsip(sip, phones),
        **dict.fromkeys(NEEDLESS, "[general]\n"),
    }
    for name, text in files.items():
        (folder / "etc" / f"{name}.conf").write_text(text)


def _directories(folder: Path) -> str:
    tree = asterisk.TREE
    places = {
        "astetcdir": folder / "etc",
        "astmoddir": tree / "usr/lib/asterisk/modules",
        "astvarlibdir": folder / "var",
        "astdbdir": folder / "db",
        "astkeydir": folder / "var",
        "astdatadir": tree / "usr/share/asterisk",
        "astspooldir": folder / "spool",
        "astrundir": folder / "run",
        "astlogdir": folder / "log",
    }
    return "[directories]\n" + "".join(f"{name} => {path}\n" for name, path in places.items())


def _pjsip(sip: int, phones: dict[str, int]) -> str:
    parts = [f"[udp]\ntype=transport\nprotocol=udp\nbind=127.0.0.1:{sip}\n"]
    for name, port in phones.items():
        parts.append(
            f"[{name}]\ntype=endpoint\ncontext=paidan\ndisallow=all\nallow=ulaw\n"
            f"dtmf_mode=info\ndirect_media=no\naors={name}\nrtp_symmetric=yes\n"
            f"[{name}]\ntype=aor\ncontact=sip:{name}@127.0.0.1:{port}\nqualify_frequency=0\n"
        )
    parts.append("[trunk]\ntype=identify\nendpoint=trunk\nmatch=127.0.0.1\n")
    return "".join(parts)

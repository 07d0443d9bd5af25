"""Telephones of real SIP: sipp plays them, step by step, each step when the test says so.

A step is waited for by sipp as a command of its third-party mode; the test holds the other end.
"""

import shutil
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from xml.sax.saxutils import escape

PATIENCE_S = 60.0
END = b"\x1b"
SDP = """v=0
o=phone 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
"""
TELL = "<sendCmd><![CDATA[\nCall-ID: [call_id]\nX-Told: {word}\n\n]]></sendCmd>"
HEAR = "<recvCmd/>"
FROM = '<ereg regexp=".*" search_in="hdr" header="From:" check_it="true" assign_to="1"/>'


def request(method: str, number: int, body: str = "", kind: str = "") -> str:
    """A request within the call that this phone began."""
    content = f"Content-Type: {kind}\n" if kind else ""
    retrans = "" if method == "ACK" else ' retrans="500"'
    return f"""<send{retrans}><![CDATA[
{method} [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
[$from]
[$to]
[routes]
Call-ID: [call_id]
CSeq: {number} {method}
Contact: <sip:phone@[local_ip]:[local_port]>
Max-Forwards: 70
{content}Content-Length: [len]

{body}
]]></send>"""


def dialog(text: str, ours: str, theirs: str) -> str:
    return text.replace("[$from]", ours).replace("[$to]", theirs)


def calling(number: str, to: str, acts: tuple[str, ...]) -> str:
    """A phone that calls. `acts`: keys, or "bye"; the other side's end may come at any time."""
    ours = f"From: <sip:{number}@[local_ip]:[local_port]>;tag=[pid]c[call_number]"
    theirs = f"To: <sip:{to}@[remote_ip]:[remote_port]>[peer_tag_param]"
    invite = f"""<send retrans="500"><![CDATA[
INVITE sip:{to}@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
{ours}
To: <sip:{to}@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:phone@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

{SDP}
]]></send>
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="183" optional="true"/>
<recv response="200" rrs="true"/>"""
    steps = [TELL.format(word="calling"), invite, request("ACK", 1), TELL.format(word="answered")]
    return _whole("caller", dialog("\n".join([*steps, *_acts(acts, 2)]), ours, theirs))


def called(acts: tuple[str, ...], *, answers: str = "200 OK") -> str:
    """A phone that rings, and is answered when the test says so, or refuses."""
    busy = not answers.startswith("200")
    echo = (
        "[last_Via:]\n[last_From:]\n[last_To:];tag=[pid]u[call_number]\n"
        "[last_Call-ID:]\n[last_CSeq:]"
    )
    acting = not busy and set(acts) - {"wait"}
    caller = f"<action>{FROM}</action>" if acting else ""
    contact = "Contact: <sip:phone@[local_ip]:[local_port]>\n"
    body = "" if busy else f"Content-Type: application/sdp\nContent-Length: [len]\n\n{SDP}"
    end = body or "Content-Length: 0\n"
    ours = "From: <sip:phone@[local_ip]:[local_port]>;tag=[pid]u[call_number]"
    steps = [
        f'<recv request="INVITE" rrs="true">{caller}</recv>',
        f"<send><![CDATA[\nSIP/2.0 180 Ringing\n{echo}\n{contact}Content-Length: 0\n\n]]></send>",
        TELL.format(word="ringing"),
        HEAR,
        f'<send retrans="500"><![CDATA[\nSIP/2.0 {answers}\n{echo}\n{contact}{end}\n]]></send>',
        '<recv request="ACK"/>',
        TELL.format(word="answered"),
    ]
    rest = () if busy else _acts(acts, 2)
    whole = dialog("\n".join([*steps, *rest]), ours, "To:[$1]")
    return _whole("phone", whole)


def _acts(acts: tuple[str, ...], first: int) -> list[str]:
    steps: list[str] = []
    for number, act in enumerate(acts, first):
        steps.append(HEAR)
        if act == "bye":
            steps += [request("BYE", number), '<recv response="200"/>']
        elif act == "wait":
            steps += [
                '<recv request="BYE"/>',
                "<send><![CDATA[\nSIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n[last_To:]\n"
                "[last_Call-ID:]\n[last_CSeq:]\nContent-Length: 0\n\n]]></send>",
            ]
        else:
            keys = f"Signal={escape(act)}\nDuration=160\n"
            steps += [
                request("INFO", number, keys, "application/dtmf-relay"),
                '<recv response="200"/>',
            ]
        steps.append(TELL.format(word=act))
    return steps


def _whole(name: str, steps: str) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="{name}">\n{steps}\n</scenario>\n'
    )


@dataclass
class Phone:
    """One telephone: a process of sipp and the wire on which the test leads it."""

    scenario: str
    exchange: str
    port: int
    folder: Path
    _work: subprocess.Popen[bytes] | None = None
    _wire: socket.socket | None = None
    _call: bytes = b""
    _rest: bytes = b""
    _listener: socket.socket = field(default_factory=socket.socket)

    def __enter__(self) -> Self:
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self._listener.settimeout(PATIENCE_S)
        file = self.folder / f"phone-{self.port}.xml"
        file.write_text(self.scenario)
        host, lead = self._listener.getsockname()
        program = shutil.which("sipp")
        assert program is not None
        words = [
            program, self.exchange, "-sf", str(file), "-i", "127.0.0.1", "-p", str(self.port),
            "-m", "1", "-nostdin", "-3pcc", f"{host}:{lead}", "-timeout", "120",

        ]  # fmt: skip
        with file.with_suffix(".errors").open("w") as errors:
            self._work = subprocess.Popen(
                words, stdout=subprocess.DEVNULL, stderr=errors, cwd=self.folder
            )
        try:
            self._wire, _ = self._listener.accept()
        except TimeoutError:
            self.__exit__()
            raise AssertionError(f"the phone is not there: {self._errors()}") from None
        self._wire.settimeout(PATIENCE_S)
        return self

    def __exit__(self, *_: object) -> None:
        for wire in (self._wire, self._listener):
            if wire is not None:
                wire.close()
        if self._work is not None:
            self._work.kill()
            self._work.wait()

    def told(self, word: str) -> None:
        """Wait until the phone has come to this."""
        while True:
            if f"X-Told: {word}".encode() in self._message():
                return

    def go(self) -> None:
        """Let it take its next step."""
        assert self._wire is not None
        self._wire.sendall(b"Call-ID: " + self._call + b"\r\nX-Go: on\r\n\r\n" + END)

    def _message(self) -> bytes:
        assert self._wire is not None
        while END not in self._rest:
            got = self._wire.recv(4096)
            assert got, f"the phone has gone: {self._errors()}"
            self._rest += got
        message, _, self._rest = self._rest.partition(END)
        for line in message.splitlines():
            if line.lower().startswith(b"call-id:"):
                self._call = line.partition(b":")[2].strip()
        return message

    def _errors(self) -> str:
        file = self.folder / f"phone-{self.port}.errors"
        return file.read_text()[-800:] if file.exists() else ""

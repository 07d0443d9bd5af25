"""On which ports the gateway speaks which protocols, as the settings say."""

import re
import ssl
from dataclasses import dataclass

from core.settings import Settings, wrong
from gps.protocols import jt808
from gps.protocols.registry import PROTOCOLS
from gps.protocols.seam import Web, Wire

ENTRY = re.compile(r"([a-z0-9]+)(\+tls)?(?::(\d{1,5}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Listener:
    """One port. 0 takes a free one."""

    speaks: Wire | Web
    port: int
    tls: ssl.SSLContext | None = None


def listeners(own: Settings) -> tuple[Listener, ...]:
    """The ports besides that of JT/T 808. Raises WrongSetting."""
    entries = [one.strip() for one in own.gps_protocols.lower().split(",") if one.strip()]
    tls = _tls(own)
    found = tuple(_listener(one, tls) for one in entries)
    ports = [own.port, own.effective_jt808_port, *(one.port for one in found)]
    if len(set(ports)) < len(ports):
        raise wrong("gps_protocols")
    return found


def _listener(entry: str, tls: ssl.SSLContext | None) -> Listener:
    told = ENTRY.fullmatch(entry)
    speaks = PROTOCOLS.get(told[1]) if told else None
    if told is None or speaks is None or speaks.name == jt808.NAME:
        raise wrong("gps_protocols")
    port = int(told[3]) if told[3] else speaks.port
    if not 1 <= port <= 65535:
        raise wrong("gps_protocols")
    if not told[2]:
        return Listener(speaks, port)
    if tls is None:
        raise wrong("gps_tls_certificate")
    return Listener(speaks, port, tls)


def _tls(own: Settings) -> ssl.SSLContext | None:
    certificate, key = own.gps_tls_certificate, own.gps_tls_key
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise wrong("gps_tls_certificate" if certificate is None else "gps_tls_key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError):
        raise wrong("gps_tls_certificate") from None
    return context

"""All protocols by name. To add one: a file beside this one, a line here, its tests."""

from gps.protocols import gps103, gt06, meitrack
from gps.protocols.seam import Web, Wire

PROTOCOLS: dict[str, Wire | Web] = {
    one.name: one
    for one in (
        gps103.WIRE,
        gt06.WIRE,
        meitrack.WIRE,
    )
}

"""All protocols by name. To add one: a file beside this one, a line here, its tests."""

from gps.protocols import (
    gl200,
    gps103,
    gt06,
    h02,
    jt808,
    meitrack,
    nmea,
    osmand,
    owntracks,
    teltonika,
    tk103,
)
from gps.protocols.seam import Web, Wire

PROTOCOLS: dict[str, Wire | Web] = {
    one.name: one
    for one in (
        gl200.WIRE,
        gps103.WIRE,
        gt06.WIRE,
        h02.WIRE,
        jt808.WIRE,
        meitrack.WIRE,
        nmea.WIRE,
        osmand.WEB,
        owntracks.WEB,
        teltonika.WIRE,
        tk103.WIRE,
    )
}

"""AMap (高德) as a geopy geocoder: geopy has none of its own. Answers are GCJ-02.

Web service "geocode/geo": https://lbs.amap.com/api/webservice/guide/api/georegeo
"""

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

from geopy.exc import (
    GeocoderAuthenticationFailure,
    GeocoderQueryError,
    GeocoderQuotaExceeded,
    GeocoderServiceError,
)
from geopy.geocoders.base import Geocoder
from geopy.location import Location

PATH = "/v3/geocode/geo"
_OK = "10000"
_NO_DATA = "30001"
_KEY = ("10001", "10002", "10005", "10006", "10007", "10008", "10009", "10026")
_QUOTA = ("10003", "10004", "10010", "10014", "10015", "10019", "10020", "10021", "10044")


class AMap(Geocoder):  # type: ignore[misc]  # geopy has no types
    """`api_key`: of the kind "Web service". Points come as they are, GCJ-02."""

    def __init__(
        self,
        api_key: str,
        *,
        domain: str = "restapi.amap.com",
        scheme: str | None = None,
        timeout: float = 2.0,
        user_agent: str | None = None,
        adapter_factory: Callable[..., Any] | None = None,
    ) -> None:
        super().__init__(
            scheme=scheme,
            timeout=timeout,
            user_agent=user_agent,
            adapter_factory=adapter_factory,
        )
        self.api_key = api_key
        self.api = f"{self.scheme}://{domain.strip('/')}{PATH}"

    def geocode(self, query: str, *, exactly_one: bool = True) -> Any:
        """A Location, or a list of them; None where there is none. Raises geopy's exceptions."""
        said = urlencode({"key": self.api_key, "address": query, "output": "JSON"})
        callback = partial(self._parse, exactly_one=exactly_one)
        return self._call_geocoder(f"{self.api}?{said}", callback)

    def _parse(self, page: dict[str, Any], *, exactly_one: bool) -> Any:
        _check(str(page.get("infocode", _OK)), str(page.get("info", "")))
        found = [_location(one) for one in page.get("geocodes") or ()]
        if not found:
            return None
        return found[0] if exactly_one else found


def _location(place: dict[str, Any]) -> Location:
    lon, _, lat = str(place["location"]).partition(",")
    return Location(str(place.get("formatted_address", "")), (float(lat), float(lon)), place)


def _check(code: str, info: str) -> None:
    if code in (_OK, _NO_DATA):
        return
    if code in _KEY:
        raise GeocoderAuthenticationFailure(info)
    if code in _QUOTA:
        raise GeocoderQuotaExceeded(info)
    if code.startswith("2"):
        raise GeocoderQueryError(info)
    raise GeocoderServiceError(info)

"""The FastAPI application: routes, hub, problems, built screens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse
from fastapi.staticfiles import StaticFiles

from api import live, problems
from api.documented import Documented
from api.hub import Hub
from api.lag import Lag
from api.middleware import Envelope
from api.routes import (
    admin,
    agents,
    announcements,
    assignments,
    attachments,
    auth,
    calls,
    campaigns,
    carrier,
    crews,
    customers,
    demo,
    desk,
    device_import,
    devices,
    directory,
    escalations,
    fleet,
    follow_ups,
    guides,
    health,
    help_calls,
    history,
    holds,
    hotline,
    imports,
    messages,
    order_links,
    orders,
    organisation,
    places,
    policies,
    positions,
    privacy,
    public,
    recordings,
    reports,
    reviews,
    roster,
    routing,
    search,
    tickets,
    vehicle_tracks,
)
from api.screens import zoned
from api.standing import Standings
from api.taking import Taking
from api.wiring import wire
from core.settings import settings

WEB = Path(__file__).parent.parent / "dashboards" / "web" / "dist"
ROUTERS = (
    carrier.router,  # it is asked most often, and routes are tried in order
    health.router,
    auth.router,
    demo.router,
    orders.router,
    assignments.router,
    help_calls.router,
    messages.router,
    campaigns.router,
    agents.router,
    holds.router,
    crews.router,
    positions.router,
    desk.router,
    escalations.router,
    calls.router,
    announcements.router,
    recordings.router,
    directory.router,
    customers.router,
    search.router,
    privacy.router,
    imports.router,
    guides.router,
    tickets.router,
    places.router,
    attachments.router,
    follow_ups.router,
    order_links.router,
    public.router,
    reports.router,
    hotline.router,
    history.router,
    policies.router,
    reviews.router,
    organisation.router,
    device_import.router,
    devices.router,
    fleet.router,
    vehicle_tracks.router,
    roster.router,
    routing.router,
    admin.router,
    live.router,
)
PAGES = {
    "/": "index.html",
    "/admin": "admin.html",
    "/agent": "agent.html",
    "/breaches": "breaches.html",
    "/crew": "crew.html",
    "/customers": "customers.html",
    "/design": "design.html",
    "/fleet": "fleet.html",
    "/followup": "followup.html",
    "/hotline": "hotline.html",
    "/import": "import.html",
    "/notices": "notices.html",
    "/policies": "policies.html",
    "/login": "login.html",
    "/supervisor": "supervisor.html",
    "/tickets": "tickets.html",
    "/wallboard": "wallboard.html",
}
# What an installed page asks for at addresses of its own, by the browser's rules.
BESIDE = ("crew-sw.js", "crew.webmanifest", "crew-192.png", "crew-512.png")


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    app.state.hub = Hub()
    await app.state.hub.start()
    app.state.taking = Taking()
    app.state.standings = Standings()
    app.state.lag = Lag()
    yield
    app.state.lag.stop()
    await app.state.taking.stop()
    await app.state.hub.stop()


def create_app(web: Path = WEB) -> FastAPI:
    """The application; `web` is the folder of the built screens."""
    wire()
    app = Documented(
        # Their own routes: `include_router` would build each of them a second time, for each
        # application, when the first request comes.
        routes=[route for router in ROUTERS for route in router.routes],
        title="Paidan 派单",
        version="0.1.0",
        description="Orders from the end of a call to a crew at the door. Writes take an "
        "`Idempotency-Key` and the `X-CSRF-Token` of the login.",
        lifespan=_life,
        docs_url="/api/docs",
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    problems.install(app)
    app.add_middleware(Envelope)
    _screens(app, web)
    return app


def _screens(app: FastAPI, web: Path) -> None:
    if not (web / "index.html").exists():
        return
    app.mount("/assets", StaticFiles(directory=web / "assets"), name="assets")
    for path, file in PAGES.items():
        app.get(path, include_in_schema=False)(_page(web / file))
    for name in BESIDE:
        if (web / name).exists():
            app.get(f"/{name}", include_in_schema=False)(_beside(web / name))


def _page(file: Path) -> Any:
    def page() -> HTMLResponse:
        words = zoned(file.read_text("utf-8"), settings().timezone)
        return HTMLResponse(words, headers={"Cache-Control": "no-cache"})

    return page


def _beside(file: Path) -> Any:
    def beside() -> FileResponse:
        return FileResponse(file, headers={"Cache-Control": "no-cache"})

    return beside

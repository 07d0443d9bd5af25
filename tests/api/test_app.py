"""The application is put together from routes that stand: nothing is built at the first request."""

from typing import Any

from fastapi.routing import APIRoute
from starlette.routing import Route

from api.app import ROUTERS, create_app
from api.documented import PROBLEMS


def test_applications_share_the_routes_that_are_built_at_import() -> None:
    built = {id(route) for router in ROUTERS for route in router.routes}
    served = {id(route) for route in create_app().routes}
    assert built <= served
    # what is none of FastAPI's includes is matched as it is
    assert {type(route).__name__ for router in ROUTERS for route in router.routes} <= {
        "APIRoute",
        "APIWebSocketRoute",
    }


def test_no_route_builds_validators_for_problems() -> None:
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute):
                assert not route.response_fields, route.path


def test_every_operation_tells_its_problems() -> None:
    document = create_app().openapi()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert PROBLEMS.keys() <= operation["responses"].keys(), f"{method} {path}"
    schemas: dict[str, Any] = document["components"]["schemas"]
    assert "ProblemBody" in schemas
    assert "HTTPValidationError" not in schemas


def test_the_document_and_its_page_are_served() -> None:
    paths = [route.path for route in create_app().routes if isinstance(route, Route)]
    assert {"/api/openapi.json", "/api/docs"} <= set(paths)

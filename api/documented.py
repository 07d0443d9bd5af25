"""The OpenAPI document: what FastAPI finds, with the problems that any operation may answer."""

from typing import Any

from fastapi import FastAPI

from api.schemas import ProblemBody

PROBLEMS = {
    "400": "No Idempotency-Key, or a body that cannot be read",
    "401": "Not logged in",
    "403": "No right to do this, or CSRF token missing",
    "404": "Not there, or not yours to see",
    "409": "The state has moved on; the sentence says who was first",
    "413": "The body is too large",
    "422": "Bad input; `errors` names the fields",
    "503": "The database is away; try again",
}
_SCHEMAS = "#/components/schemas/"
_NOT_OURS = ("HTTPValidationError", "ValidationError")  # our 422 is a problem too


class Documented(FastAPI):
    """An application whose problems are written into its document, not into each of its routes.

    A route that declares them builds eight validators that nothing ever uses: for all routes
    together that is most of a second at each start.
    """

    def openapi(self) -> dict[str, Any]:
        """The document; made at the first call."""
        if self.openapi_schema is None:
            self.openapi_schema = _with_problems(super().openapi())
        return self.openapi_schema


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in _NOT_OURS:
        schemas.pop(name, None)
    schemas["ProblemBody"] = ProblemBody.model_json_schema(
        mode="serialization", ref_template=f"{_SCHEMAS}{{model}}"
    )
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"] |= _problems()
    return document


def _problems() -> dict[str, Any]:
    schema = {"$ref": f"{_SCHEMAS}ProblemBody"}
    content = {"application/json": {"schema": schema}, "application/problem+json": {}}
    return {
        status: {"description": words, "content": content} for status, words in PROBLEMS.items()
    }

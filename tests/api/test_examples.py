"""The examples of the OpenAPI document are what the product would say and take."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest
from pydantic import BaseModel

import api
from api.app import create_app

SHAPES = [
    shape
    for found in iter_modules(api.__path__)
    if "schemas" in found.name
    for shape in vars(import_module(f"api.{found.name}")).values()
    if isinstance(shape, type)
    and issubclass(shape, BaseModel)
    and shape.__module__ == f"api.{found.name}"
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_examples_fit_their_shape(shape: type[BaseModel]) -> None:
    extra: Any = shape.model_config.get("json_schema_extra") or {}
    for example in extra.get("examples", []):
        assert shape.model_validate(example)
        assert set(example) == {field.alias or name for name, field in shape.model_fields.items()}


def test_every_request_body_shows_an_example() -> None:
    document = create_app().openapi()
    without = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            body = operation.get("requestBody")
            if not body or "multipart/form-data" in body["content"]:
                continue
            shape = body["content"]["application/json"]["schema"]
            shape = shape.get("anyOf", [shape])[0]  # a body that may be left out
            name = shape["$ref"].rpartition("/")[2]
            fields = document["components"]["schemas"][name]["properties"].values()
            if not any("examples" in field or "anyOf" in field for field in fields):
                without.append(f"{method} {path}")
    assert without == []

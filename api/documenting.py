"""The OpenAPI document as a page shows it: resources, their operations, and what each takes."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from api.interface import interface

_QUOTED = re.compile(r"`([^`]+)`")
METHODS = ("get", "post", "patch", "delete")


@dataclass(frozen=True)
class Field:
    name: str
    kind: str
    required: bool
    note: str


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    note: SafeString
    query: list[Field]
    body: list[Field]


@dataclass(frozen=True)
class Resource:
    name: str
    operations: list[Operation]


@cache
def resources() -> list[Resource]:
    """Everything the API serves, in the order in which it is declared."""
    document: Mapping[str, Any] = interface.get_openapi_schema(path_prefix="/")
    found: dict[str, list[Operation]] = {}
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                told = operations[method]
                found.setdefault(told["tags"][0], []).append(_operation(document, method, path, told))
    return [Resource(name, operations) for name, operations in found.items()]


def _operation(document: Mapping[str, Any], method: str, path: str, told: Mapping[str, Any]) -> Operation:
    query = [
        Field(each["name"], _kind(document, each["schema"]), bool(each.get("required")), each.get("description", ""))
        for each in told.get("parameters", [])
        if each["in"] == "query"
    ]
    contents = told.get("requestBody", {}).get("content", {}).values()
    body = [field for content in contents for field in _fields(document, content["schema"])]
    return Operation(method.upper(), path, _marked_up(told.get("description", "")), query, body)


def _marked_up(note: str) -> SafeString:
    """A docstring with what stands in backticks as code."""
    return mark_safe(_QUOTED.sub(r"<code>\1</code>", escape(note)))  # noqa: S308 - escaped here


def _fields(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Field]:
    schema = _resolved(document, schema)
    required = schema.get("required", [])
    for name, told in schema.get("properties", {}).items():
        yield Field(name, _kind(document, told), name in required, told.get("description", ""))


def _kind(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """A type in a word or two: "string", "boolean or null", "list of string"."""
    schema = _resolved(document, schema)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(document, each) for each in schema["anyOf"]))
    if "enum" in schema or "const" in schema:
        return " or ".join(f"“{each}”" for each in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {_kind(document, schema.get('items', {}))}"
    return "file" if schema.get("format") == "binary" else str(schema.get("type", "anything"))


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref")
    return document["components"]["schemas"][reference.rpartition("/")[2]] if reference else schema

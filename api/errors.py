"""What a program is told when something isn't possible: one shape, the words of Resend's own API where it has any."""

import json
from typing import Any

from django.http import HttpResponse
from ninja.errors import ValidationError

from lib.errors import DomainError

JSON = "application/json; charset=utf-8"


class Refused(Exception):
    """An answer that ends a request: its status, its name for programs and its message for people."""

    def __init__(self, status: int, name: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.name, self.message = status, name, message
        self.headers = {key.replace("_", "-"): value for key, value in headers.items()}

    @property
    def body(self) -> dict[str, Any]:
        return {"statusCode": self.status, "message": self.message, "name": self.name}

    @property
    def answer(self) -> HttpResponse:
        return HttpResponse(json.dumps(self.body), content_type=JSON, status=self.status, headers=self.headers)


def not_found(what: str) -> Refused:
    return Refused(404, "not_found", f"{what} not found")


def no_endpoint() -> Refused:
    return Refused(404, "not_found", "The requested endpoint does not exist.")


def wrong_method() -> Refused:
    return Refused(405, "method_not_allowed", "Method is not allowed for the requested path.")


def unexpected() -> Refused:
    return Refused(500, "application_error", "An unexpected error occurred.")


def bad(message: str) -> Refused:
    """A field or parameter with a value that it can't have."""
    return Refused(422, "validation_error", message)


def missing(field: str) -> Refused:
    return Refused(422, "missing_required_field", f"Missing `{field}` field.")


def bad_id(name: str = "id") -> Refused:
    return bad(f"The `{name}` must be a valid UUID.")


# Refusals of the domain that aren't about a value; everything else is a 422 with the domain's own words.
_STATUSES = {
    "not_found": 404,
    "several_audiences": 409,
    "key_taken": 409,
    "domain_exists": 403,
    "domain_held": 403,
    "wrong_step": 409,
    "erased": 403,
    "released": 403,
    "already_sending": 403,
    "not_a_draft": 403,
}


def from_domain(error: DomainError) -> Refused:
    """The domain's refusal in the API's shape."""
    if error.code == "missing_required_field" and error.field:
        return missing(error.field)
    if error.code == "audience_deleted":
        return not_found("Audience")
    if error.code == "not_found":
        return not_found("Contact")
    if error.code == "invalid_address":
        return bad(f"Invalid `email` field. {error.message}")
    if error.code == "body_too_big":
        return bad(f"Invalid `{error.field}` field. {error.message}")
    return Refused(_STATUSES.get(error.code, 422), "validation_error", error.message)


def from_shape(error: ValidationError) -> Refused:
    """The first thing that is wrong with what was sent."""
    first = error.errors[0]
    place = [str(each) for each in first["loc"] if each not in ("body", "query", "path", "form", "file", "data")]
    field = ".".join(place)
    if first["type"] == "missing" and "query" in first["loc"]:
        return Refused(422, "missing_required_parameter", f"Missing `{field}` parameter.")
    if first["type"] == "missing" or (first["type"].endswith("_type") and first.get("input", 0) is None):
        return missing(field) if field else bad("The body must be a JSON object.")
    if not field:
        return bad("The body must be a JSON object.")
    reason = first["msg"][:1].lower() + first["msg"][1:]
    return bad(f"Invalid `{field}` field: {reason}.")

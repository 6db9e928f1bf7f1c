"""The REST interface as one object: what it serves, how it reads, how it refuses."""

import logging
from functools import cache
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

from api import (
    api_keys,
    audiences,
    broadcasts,
    contact_imports,
    contact_properties,
    contacts,
    domains,
    errors,
    global_contacts,
    logs,
    reading,
    schemas,
    suppressions,
)
from api.authentication import Bearer
from api.errors import Refused
from lib.errors import DomainError

log = logging.getLogger(__name__)


class StrictParser(Parser):
    """JSON as the standard has it: without NaN and infinities, which the database doesn't take either."""

    def parse_body(self, request: HttpRequest) -> Any:
        return reading.strict(request.body)


class Interface(NinjaAPI):
    """Documents for every operation that it may refuse, and how."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> Any:
        return self._document(path_prefix or self.get_root_path({}))

    @cache  # noqa: B019 - there is one of these
    def _document(self, path_prefix: str) -> Any:
        document = super().get_openapi_schema(path_prefix=path_prefix)
        schemas_told = document.setdefault("components", {}).setdefault("schemas", {})
        schemas_told["Error"] = schemas.Error.model_json_schema()
        for operations in document["paths"].values():
            for operation in operations.values():
                operation["responses"]["default"] = REFUSAL
        return document


REFUSAL = {
    "description": "Refused, and why",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}
interface = Interface(
    title="Carillon",
    version="1",
    description="Resend's official SDKs work with it unmodified: give them this address and a key.",
    docs_url=None,
    auth=Bearer(),
    parser=StrictParser(),
    urls_namespace="api",
)


@interface.exception_handler(Refused)
def _refused(_request: HttpRequest, refusal: Refused) -> HttpResponseBase:
    return refusal.answer


@interface.exception_handler(DomainError)
def _impossible(_request: HttpRequest, error: DomainError) -> HttpResponseBase:
    return errors.from_domain(error).answer


@interface.exception_handler(ValidationError)
def _misshapen(_request: HttpRequest, error: ValidationError) -> HttpResponseBase:
    return errors.from_shape(error).answer


@interface.exception_handler(HttpError)
def _unreadable(_request: HttpRequest, _error: HttpError) -> HttpResponseBase:
    return Refused(400, "validation_error", "The body must be valid JSON.").answer


@interface.exception_handler(MultiPartParserError)
@interface.exception_handler(SuspiciousOperation)
def _malformed(_request: HttpRequest, _error: Exception) -> HttpResponseBase:
    return Refused(400, "validation_error", "The form can't be read.").answer


@interface.exception_handler(Exception)
def _failed(request: HttpRequest, error: Exception) -> HttpResponseBase:
    log.error("%s %s failed.", request.method, request.path, exc_info=error)
    return errors.unexpected().answer


def _serve() -> None:
    interface.add_router("/audiences", audiences.router("audience"))
    interface.add_router("/segments", audiences.router("segment"))
    interface.add_router("/audiences", contacts.in_audience)
    interface.add_router("/segments", contacts.in_segment)
    # Before contacts, of which one could be called "imports".
    interface.add_router("/contacts/imports", contact_imports.routes)
    interface.add_router("/contacts", global_contacts.routes)
    interface.add_router("/contact-properties", contact_properties.routes)
    interface.add_router("/broadcasts", broadcasts.routes)
    interface.add_router("/suppressions", suppressions.routes)
    interface.add_router("/domains", domains.routes)
    interface.add_router("/api-keys", api_keys.routes)
    interface.add_router("/logs", logs.routes)


_serve()

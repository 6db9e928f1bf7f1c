"""What the OpenAPI document promises, asked by a program that makes up requests from it."""

import contextlib
import os

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.interface import interface
from tests.factories import make_audience, make_contacts

# `SCHEMATHESIS_EXAMPLES=500 make test ARGS=tests/api/test_document.py` looks longer.
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "5"))
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
OPERATIONS = [
    (method.upper(), path)
    for path, operations in interface.get_openapi_schema(path_prefix="/api/")["paths"].items()
    for method in operations
]


@pytest.fixture
def document(db):
    """The document as the product serves it, whose requests leave the test's own transaction open."""
    from config.wsgi import application

    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/openapi.json", application)
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def things(team, audience):
    """Some rows to come across."""
    make_contacts(audience=audience, number=3)
    make_audience(team=team, name="Other")


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["proper", "odd"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[f"{method} {path}" for method, path in OPERATIONS])
def test_every_answer_is_as_documented(document, program, things, method, path, mode):
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=document[path][method].as_strategy(generation_mode=mode))
    def ask(case):
        case.call_and_validate(headers={"Authorization": f"Bearer {program.token}"}, checks=CHECKS)

    # Where nothing can be odd, nothing is asked.
    with contextlib.suppress(Unsatisfiable):
        ask()

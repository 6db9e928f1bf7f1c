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
from api.issuing import issue
from api.models import RequestLog
from broadcasts.models import Email
from broadcasts.recounting import recount
from contacts import defining, suppressing
from contacts.models import ContactImport, ContactProperty
from lib import public_ids
from tests.broadcasts.responding import HTML, happened
from tests.factories import NOON, make_audience, make_contacts, make_domain, make_started_broadcast

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
    """Some rows to come across, and the ids of some of them by the word before the id in their address."""
    key, _ = issue(team=team, name="other", by=None)
    contact = make_contacts(audience=audience, number=3)[0]
    other = make_audience(team=team, name="Other")
    plan = defining.define(team=team, key="plan", kind=ContactProperty.Type.STRING)
    manual = suppressing.suppress(team=team, address="eve@example.test", reason="manual", at=NOON)
    return {
        "audiences": audience.uuid,
        "segments": other.uuid,
        "contacts": public_ids.contacts.encode(contact.pk),
        "contact-properties": plan.uuid,
        "suppressions": manual.uuid,
        "broadcasts": _broadcast(audience).uuid,
        "imports": _import(audience).uuid,
        "domains": make_domain(team=team).uuid,
        "api-keys": key.uuid,
        "logs": _log(team, key).uuid,
    }


def _import(audience):
    return ContactImport.objects.create(
        audience=audience, filename="a.csv", size=1, encoding="utf-8", delimiter=",", file="imports/none.csv"
    )


def _log(team, key):
    """One of a request that can't be told as JSON."""
    body = '{"name": NaN, "more": "\\ud800"}'
    return RequestLog.objects.create(
        team=team, key=key, method="POST", path="/audiences", status=400, milliseconds=1, request_body=body
    )


def _broadcast(audience):
    """One that was opened, clicked and bounced."""
    broadcast = make_started_broadcast(audience=audience, html=HTML, track_opens=True, track_clicks=True)
    opened, clicked, bounced = broadcast.emails.order_by("pk")
    broadcast.emails.update(status=Email.Status.SENT, sent_at=NOON, opened_at=NOON, clicked_at=NOON)
    Email.objects.filter(pk=bounced.pk).update(status=Email.Status.BOUNCED, bounced_at=NOON)
    happened(opened, "unsubscribed", at=NOON, to_fold=False)
    happened(clicked, "clicked", at=NOON, number=1, to_fold=False)
    broadcast.links.filter(number=1).update(clicked=1)
    recount(broadcast)
    return broadcast


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["proper", "odd"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[f"{method} {path}" for method, path in OPERATIONS])
def test_every_answer_is_as_documented(document, program, things, method, path, mode):
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=document[path][method].as_strategy(generation_mode=mode))
    def ask(case):
        word = path.partition("/{")[0].rpartition("/")[2]
        if mode is GenerationMode.POSITIVE and word in things:
            # Made-up ids name nothing, so the first in an address is that of something there.
            for name in list(case.path_parameters)[:1]:
                case.path_parameters[name] = str(things[word])
        case.call_and_validate(headers={"Authorization": f"Bearer {program.token}"}, checks=CHECKS)

    # Where nothing can be odd, nothing is asked.
    with contextlib.suppress(Unsatisfiable):
        ask()

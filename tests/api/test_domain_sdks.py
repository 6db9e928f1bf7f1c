"""Domains through Resend's own SDKs, unmodified, of both eras and both languages."""

import json

import pytest

from tests.api.test_node_sdks import run as run_node
from tests.api.test_python_sdks import run as run_python
from tests.api.test_python_sdks import subset

__all__ = ["run_node", "run_python"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("sdks")]


def test_domains_with_python(run_python, team):
    said = json.loads(run_python("domains.py"))

    _check(said, team)
    assert said["again"][1].startswith("northwind.example is among")


def test_domains_with_node(run_node, team):
    said = json.loads(run_node("domains.mjs"))

    _check(said, team)
    assert subset(said["again"]["error"], name="validation_error")


def _check(said, team):
    domain = said["create"]["id"]
    told = {"name": "northwind.example", "region": "self-hosted"}
    assert subset(said["create"], object="domain", status="not_started", **told)
    assert [subset(each, record="DKIM", type="TXT", ttl="Auto") for each in said["create"]["records"]] == [True]
    assert subset(said["get"], object="domain", id=domain, records=said["create"]["records"], **told)
    assert [subset(row, id=domain, **told) for row in said["list"]["data"]] == [True]
    assert subset(said["update"], object="domain", id=domain)
    assert subset(said["verify"], object="domain", id=domain)
    assert said["key"]["token"].startswith("re_")
    assert subset(said["remove"], object="domain", id=domain, deleted=True)
    assert team.api_keys.get(name="worker").domain_name == "northwind.example"
    assert not team.domains.exists()

"""Domains as CSV: who may take them, checked again at the download, and what they hold."""

import pytest
from django.urls import reverse

from exports import requesting
from exports.models import storage
from exports.registry import find
from teams.models import Membership
from tests.factories import NOON, make_domain

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    kept = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "exports": kept}


def test_a_row_holds_what_the_list_shows(team, alice):
    domain = make_domain(team=team, status="verified", since=NOON, checked_at=NOON, created_at=NOON)

    export = requesting.request(team=team, resource="domains", query="status=verified", by=alice)

    at = "2026-11-22T12:00:00Z"
    assert storage().open(export.file).read().decode().splitlines() == [
        "id,name,status,status_since,dkim_selector,last_checked_at,created_at",
        f"{domain.uuid},northwind.example,verified,{at},carillon-abc234,{at},{at}",
    ]
    assert export.filters == [["Status", "Verified"]]


def test_the_library_writes_the_same_cells(team):
    make_domain(team=team, checked_at=NOON)
    exportable = find("domains")
    [domain] = exportable.rows(team, {})

    cells = [column.export(domain) for column in exportable.resource().columns]

    assert cells[1:3] == ["northwind.example", "not_started"]
    assert cells[5] == "2026-11-22T12:00:00Z"


def test_who_is_no_admin_any_more_can_not_take_it(as_alice, team, alice, domain):
    export = requesting.request(team=team, resource="domains", query="", by=alice)
    Membership.objects.filter(user=alice).update(role="member")

    assert as_alice.get(reverse("exports:download", args=[team.slug, export.uuid])).status_code == 403

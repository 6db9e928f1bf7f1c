"""Asking for an export, seeing it, taking its file: who may, and what they see."""

import os

import pytest
from django.urls import reverse

from exports import requesting, storing
from exports.models import Download, Export
from teams.models import Membership
from tests.factories import NOON, make_audience, make_contact, make_contacts, make_team

pytestmark = pytest.mark.django_db


def url(name, team, *arguments):
    return reverse(f"exports:{name}", args=[team.slug, *arguments])


def ask(client, team, query):
    return client.get(f"{url('create', team)}?resource=contacts&{query}")


@pytest.fixture
def contacts(audience):
    make_contacts(audience=audience, number=3)
    make_contact(audience=audience, email="gone@x.test", unsubscribed_at=NOON)


@pytest.fixture
def ready(team, contacts, alice, query):
    return requesting.request(team=team, resource="contacts", query=query, by=alice)


def test_the_confirmation_says_filters_rows_and_columns(as_alice, team, contacts, query):
    text = ask(as_alice, team, f"{query}&status=unsubscribed&q=gone&after=x").text

    assert "Audience: <b>Newsletter</b>, Status: <b>Unsubscribed</b>, Search: <b>gone</b>" in text
    assert "<dt>Rows</dt><dd><b>1</b></dd>" in text
    assert "id, email, first_name, last_name, unsubscribed, status, unsubscribed_at, created_at" in text
    assert "Export 1 row<" in text
    assert "It downloads at once." in text


def test_the_list_leads_there_with_its_filters(as_alice, team, audience, contacts):
    text = as_alice.get(f"{audience.get_absolute_url()}?status=unsubscribed").text

    assert (
        f'href="{url("create", team)}?status=unsubscribed&amp;resource=contacts&amp;audience={audience.uuid}"' in text
    )


def test_the_list_offers_it_to_admins_alone(as_bob, audience, contacts):
    assert "exports/new/" not in as_bob.get(audience.get_absolute_url()).text


def test_a_file_that_is_on_another_hosts_disk_is_said(as_alice, team, ready, folder):
    (folder / ready.file).unlink()

    answer = as_alice.get(url("download", team, ready.uuid), follow=True)

    assert "Web and workers must share a folder or a bucket." in answer.text
    assert not Download.objects.exists()


def test_a_small_one_downloads_at_once_and_is_recorded(as_alice, team, contacts, query, alice):
    asked = {"query": f"resource=contacts&{query}&status=unsubscribed"}

    page = as_alice.post(url("create", team), asked, follow=True)
    export = Export.objects.get()
    file = as_alice.get(url("download", team, export.uuid))

    assert f'content="0; url={url("download", team, export.uuid)}"' in page.text
    assert file["Content-Disposition"] == f'attachment; filename="{export.filename}"'
    assert b"".join(file.streaming_content).count(b"\r\n") == 2
    download = Download.objects.get()
    assert (download.user, download.name, download.address) == (alice, "Alice Arden", "127.0.0.1")


def test_its_download_begins_once_and_by_no_link(as_alice, team, contacts, query):
    first = as_alice.post(url("create", team), {"query": f"resource=contacts&{query}"}, follow=True)
    address = Export.objects.get().get_absolute_url()

    assert "http-equiv" in first.text
    for again in (address, f"{address}?arrived=1"):
        assert "http-equiv" not in as_alice.get(again).text


def test_a_file_that_was_cut_is_not_handed_out(as_alice, team, ready, folder):
    os.truncate(folder / ready.file, 40)

    answer = as_alice.get(url("download", team, ready.uuid), follow=True)

    assert "isn’t whole any more" in answer.text
    assert not Download.objects.exists()


def test_a_file_deleted_in_that_very_moment_is_said(as_alice, team, ready, folder, monkeypatch):
    check = storing.check
    monkeypatch.setattr(storing, "check", lambda export: (check(export), (folder / export.file).unlink()))

    answer = as_alice.get(url("download", team, ready.uuid), follow=True)

    assert "isn’t where this server looks" in answer.text
    assert not Download.objects.exists()


@pytest.mark.parametrize(
    ("behind_proxy", "hops", "recorded"),
    [
        (True, "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        (True, "2001:db8::7", "2001:db8::7"),
        (True, "nonsense", None),
        (True, "", "127.0.0.1"),
        (False, "203.0.113.9", "127.0.0.1"),
    ],
)
def test_a_download_is_recorded_with_the_address_that_the_proxy_saw(
    as_alice, team, ready, settings, behind_proxy, hops, recorded
):
    settings.BEHIND_PROXY = behind_proxy

    as_alice.get(url("download", team, ready.uuid), headers={"X-Forwarded-For": hops})

    assert Download.objects.get().address == recorded


def test_a_large_one_is_left_to_a_worker(as_alice, team, contacts, query, in_background):
    page = as_alice.post(url("create", team), {"query": f"resource=contacts&{query}"}, follow=True)

    export = Export.objects.get()
    assert (export.status, export.expected) == ("pending", 4)
    assert "Waiting to begin" in page.text
    assert "http-equiv" not in page.text


def test_nothing_to_export_is_said(as_alice, team, audience, query):
    question = ask(as_alice, team, query)
    answer = as_alice.post(url("create", team), {"query": f"resource=contacts&{query}"})

    assert "there is nothing to export" in question.text
    assert '<button class="btn primary"' not in question.text
    assert answer.status_code == 422
    assert not Export.objects.exists()


@pytest.mark.parametrize("query", ["", "audience=nonsense", "audience=00000000-0000-0000-0000-000000000000"])
def test_a_list_that_is_not_there_is_not_found(as_alice, team, query):
    assert ask(as_alice, team, query).status_code == 404
    assert as_alice.post(url("create", team), {"query": f"resource=contacts&{query}"}).status_code == 404
    assert as_alice.get(f"{url('create', team)}?resource=secrets").status_code == 404


def test_another_teams_audience_is_not_found(as_alice, team):
    theirs = make_audience(team=make_team("Tailspin"))

    assert ask(as_alice, team, f"audience={theirs.uuid}").status_code == 404


def test_members_see_exports_and_can_neither_make_nor_take_them(as_bob, team, ready, query):
    assert ready.filename in as_bob.get(url("detail", team, ready.uuid)).text
    assert "Contacts" in as_bob.get(url("list", team)).text
    assert "Only admins can download it" in as_bob.get(url("detail", team, ready.uuid)).text
    for answer in (
        ask(as_bob, team, query),
        as_bob.post(url("create", team), {"query": f"resource=contacts&{query}"}),
        as_bob.get(url("download", team, ready.uuid)),
        as_bob.post(url("retry", team, ready.uuid)),
    ):
        assert answer.status_code == 403
    assert not Download.objects.exists()


def test_strangers_and_the_signed_out_get_nothing(client, team, ready, mallory):
    addresses = [url("list", team), *(url(name, team, ready.uuid) for name in ("detail", "download"))]

    assert {client.get(address).status_code for address in addresses} == {302}
    client.force_login(mallory)
    assert {client.get(address).status_code for address in addresses} == {404}


def test_an_export_of_another_team_is_not_found_under_ones_own(client, mallory, ready):
    client.force_login(mallory)
    theirs = mallory.teams.get()

    assert {client.get(url(name, theirs, ready.uuid)).status_code for name in ("detail", "download")} == {404}


def test_whoever_was_demoted_or_removed_since_can_not_download(as_alice, alice, team, ready):
    Membership.objects.filter(user=alice).update(role="member")
    assert as_alice.get(url("download", team, ready.uuid)).status_code == 403

    Membership.objects.filter(user=alice).delete()
    assert as_alice.get(url("download", team, ready.uuid)).status_code == 404
    assert not Download.objects.exists()


def test_what_has_no_file_is_said(as_alice, team, contacts, query, alice, in_background):
    waiting = requesting.request(team=team, resource="contacts", query=query, by=alice)

    answer = as_alice.get(url("download", team, waiting.uuid), follow=True)

    assert "no file that could be downloaded" in answer.text


def test_a_proxy_serves_the_file_where_it_is_set_up(as_alice, team, ready, settings):
    settings.EXPORTS_ACCEL = "/files"

    answer = as_alice.get(url("download", team, ready.uuid))

    assert answer["X-Accel-Redirect"] == f"/files/{ready.file}"
    assert answer.content == b""


def test_the_page_asks_again_until_it_is_done(as_alice, team, ready):
    address, htmx = url("detail", team, ready.uuid), {"HX-Request": "true", "HX-Target": "export-progress"}

    done = as_alice.get(address, headers=htmx)
    Export.objects.update(status="running", written=2, expected=4)
    running = as_alice.get(address, headers=htmx)

    assert (done.status_code, running.status_code) == (286, 200)
    assert "hx-trigger" not in done.text
    assert "2 of about 4 rows written" in running.text


def test_a_failed_one_offers_another_try(as_alice, team, ready):
    Export.objects.update(status="failed", failure="The disk is full.")

    page = as_alice.get(url("detail", team, ready.uuid)).text
    as_alice.post(url("retry", team, ready.uuid))

    ready.refresh_from_db()
    assert "The disk is full." in page
    assert "Try again" in page
    assert ready.status == "ready"


def test_before_the_first_one_the_list_says_how_there_come_to_be_some(client, alice, bob, team):
    for user, words in ((alice, "press <b>Export</b> there"), (bob, "What admins export")):
        client.force_login(user)

        assert words in client.get(url("list", team)).text


def test_the_list_costs_few_queries(as_alice, team, ready, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        as_alice.get(url("list", team))

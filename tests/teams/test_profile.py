"""One's own name, clock and keys."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db

FORM = {"name": "Alice Arden", "time_zone": "Asia/Tokyo", "single_keys": "on"}


@pytest.fixture
def audiences(audience):
    return reverse("audiences:list", args=[audience.team.slug])


def test_the_clock_of_every_page_follows_the_profile_and_names_its_zone(as_alice, audiences):
    assert "UTC" in as_alice.get(audiences).text

    answer = as_alice.post("/profile/", FORM, follow=True)

    assert "JST" in answer.text
    text = as_alice.get(audiences).text
    assert "JST" in text
    assert "UTC" not in text


def test_single_keys_are_switched_off_and_on(as_alice, audiences):
    assert "data-no-keys" not in as_alice.get(audiences).text

    as_alice.post("/profile/", {**FORM, "single_keys": ""})
    assert "data-no-keys" in as_alice.get(audiences).text

    as_alice.post("/profile/", FORM)
    assert "data-no-keys" not in as_alice.get(audiences).text


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"name": "x" * 201}, {"time_zone": "Mars/Olympus"}, {"time_zone": ""}, {"name": "\x00"}]
)
def test_nonsense_is_refused_and_nothing_of_it_kept(as_alice, alice, wrong):
    answer = as_alice.post("/profile/", {**FORM, **wrong})

    alice.refresh_from_db()
    assert answer.status_code == 422
    assert (alice.name, alice.time_zone) == ("Alice Arden", "UTC")
    assert 'role="alert"' in answer.text


def test_a_name_stays_on_one_line(as_alice, alice):
    as_alice.post("/profile/", {**FORM, "name": " Alice \r\n Arden  B. "})

    alice.refresh_from_db()
    assert alice.name == "Alice Arden B."


def test_a_zone_that_the_list_does_not_offer_is_kept(as_alice, alice):
    alice.time_zone = "Etc/GMT-3"
    alice.save()

    as_alice.post("/profile/", {**FORM, "time_zone": "Etc/GMT-3"})

    alice.refresh_from_db()
    assert alice.time_zone == "Etc/GMT-3"


def test_other_sessions_are_seen_and_ended(client, alice):
    elsewhere = type(client)(headers={"user-agent": "Some Phone"})
    for each in (elsewhere, client):
        each.post("/accounts/login/", {"login": alice.email, "password": "a good password"})
    assert "Some Phone" in client.get("/accounts/sessions/").text

    client.post("/accounts/sessions/")

    assert elsewhere.get("/profile/").url.startswith("/accounts/login/")
    assert client.get("/profile/").status_code == 200


def test_another_password_ends_the_sessions_that_know_the_old_one(client, alice):
    elsewhere = type(client)()
    for each in (elsewhere, client):
        each.post("/accounts/login/", {"login": alice.email, "password": "a good password"})

    client.post(
        "/accounts/password/change/",
        {"oldpassword": "a good password", "password1": "quiet-harbour-41", "password2": "quiet-harbour-41"},
    )

    assert client.get("/profile/").status_code == 200
    assert elsewhere.get("/profile/").status_code == 302

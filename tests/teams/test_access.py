import pytest
from django.urls import reverse

from teams.access import may
from teams.models import Membership
from tests.factories import make_team


def test_a_role_has_only_its_permissions(alice, bob):
    admin, member = Membership.objects.get(user=alice), Membership.objects.get(user=bob)

    assert may(admin, "contacts.resubscribe_on_import")
    assert not may(member, "contacts.resubscribe_on_import")
    assert may(member, "broadcasts.send")


def test_a_permission_that_nobody_knows_is_a_mistake(alice):
    with pytest.raises(LookupError):
        may(Membership.objects.get(user=alice), "broadcasts.fly")


def test_another_teams_pages_do_not_exist(client, mallory, team):
    client.force_login(mallory)

    assert client.get(reverse("audiences:list", args=[team.slug])).status_code == 404


def test_home_leads_to_the_first_team(as_bob, team):
    assert as_bob.get("/").url == reverse("audiences:list", args=[team.slug])


def test_a_user_without_a_team_is_told_how_to_get_into_one(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("new@example.test", "a good password"))

    answer = client.get("/")

    assert answer.status_code == 200
    assert "invite new@example.test" in answer.content.decode()


def test_an_htmx_request_without_a_session_reloads_the_page_instead_of_swapping_a_sign_in(client, team):
    answer = client.get(reverse("audiences:list", args=[team.slug]), headers={"HX-Request": "true"})

    assert answer.status_code == 401
    assert answer.headers["HX-Refresh"] == "true"


def test_sign_up_is_closed(client, db):
    answer = client.post("/accounts/signup/", {"email": "eve@example.test", "password1": "a good password"})

    assert "Accounts come with an invitation." in answer.content.decode()


def test_signing_in_by_address_whatever_its_case(client, alice):
    answer = client.post("/accounts/login/", {"login": "Alice@Northwind.Example", "password": "a good password"})

    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(alice.pk)


@pytest.mark.parametrize(("chosen", "cookie"), [("dark", "dark"), ("light", "light"), ("system", ""), ("<x>", "")])
def test_the_theme_is_remembered_in_a_cookie(client, db, chosen, cookie):
    answer = client.post("/theme/", {"theme": chosen, "next": "https://elsewhere.example/"})

    assert answer.cookies["theme"].value == cookie
    assert answer.url == "/"


def test_times_are_shown_in_the_users_zone(as_alice, alice, audience):
    alice.time_zone = "Asia/Tokyo"
    alice.save()

    answer = as_alice.get(reverse("audiences:list", args=[audience.team.slug]))

    assert "JST" in answer.content.decode()


def test_a_team_is_reached_by_its_own_slug_only(as_alice, audience):
    elsewhere = make_team("Elsewhere")

    assert as_alice.get(f"/t/{elsewhere.slug}/audiences/{audience.uuid}/").status_code == 404

"""Following the link: who gets in, and what everybody else is told."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from teams import inviting, joining
from teams.models import Invitation, Membership, User
from tests.factories import make_account, make_user
from tests.sessions import waiting_meanwhile

pytestmark = pytest.mark.django_db

FORM = {"name": "Nia New", "password": "quiet-harbour-41", "time_zone": "Asia/Tokyo"}


def role_of(email, team):
    return Membership.objects.get(user__email=email, team=team).role


def test_somebody_without_an_account_makes_one_and_is_in(client, invited, team):
    link = invited(role="admin")
    assert "new@x.test" in client.get(link).text

    answer = client.post(link, FORM, follow=True)

    assert answer.redirect_chain[-1][0] == reverse("audiences:list", args=[team.slug])
    assert "Welcome to “Northwind”." in answer.text
    assert role_of("new@x.test", team) == "admin"
    user = User.objects.get(email="new@x.test")
    assert (user.name, user.time_zone) == ("Nia New", "Asia/Tokyo")
    assert user.emailaddress_set.get().verified
    again = Client().post("/accounts/login/", {"login": "new@x.test", "password": FORM["password"]})
    assert again.status_code == 302


def test_a_look_changes_nothing_however_often(client, invited, team):
    link = invited()

    for _ in range(3):
        assert client.get(link).status_code == 200

    assert Invitation.objects.get().accepted_at is None
    assert not User.objects.filter(email="new@x.test").exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"password": "1234"}, "too short"),
        ({"password": "new@x.test"}, "too similar"),
        ({"name": ""}, "Say what your colleagues call you."),
        ({"name": "\x7f"}, "Say what your colleagues call you."),
        ({"name": "\x00"}, "Null characters"),
    ],
)
def test_a_form_that_says_no_keeps_the_invitation(client, invited, wrong, said):
    link = invited()

    answer = client.post(link, {**FORM, **wrong})

    assert answer.status_code == 422
    assert said in answer.text
    assert client.post(link, FORM).status_code == 302


def test_a_time_zone_that_nobody_knows_is_no_mistake(client, invited):
    client.post(invited(), {**FORM, "time_zone": "Mars/Olympus"})

    assert User.objects.get(email="new@x.test").time_zone == "UTC"


def test_the_address_cannot_be_chosen(client, invited):
    client.post(invited(), {**FORM, "email": "eve@x.test"})

    assert not User.objects.filter(email="eve@x.test").exists()


def test_somebody_with_an_account_signs_in_and_comes_back(client, invited, team):
    make_account("ada@x.test", "Ada")
    link = invited("ada@x.test")

    page = client.get(link).text
    assert "Sign in to join" in page
    login = page.split('href="/accounts/login/')[1].split('"')[0]
    back = client.post(f"/accounts/login/{login}", {"login": "ada@x.test", "password": "a good password"})

    assert back.url == link
    assert "Join Northwind" in client.get(link).text
    client.post(f"{link}accept/")
    assert role_of("ada@x.test", team) == "member"


def test_whoever_holds_the_link_takes_over_no_account(client, invited):
    make_account("ada@x.test", "Ada")
    link = invited("ada@x.test")

    assert client.post(link, FORM).url == link
    assert client.post(f"{link}accept/").url == link

    assert User.objects.get(email="ada@x.test").check_password("a good password")
    assert Invitation.objects.get().accepted_at is None


def test_somebody_else_is_told_so_and_may_sign_out(client, invited, mallory, team):
    link = invited()
    client.force_login(mallory)

    text = client.get(link).text
    client.post(f"{link}accept/")
    client.post(link, FORM)

    assert "mallory@tailspin.example" in text
    assert "Sign out and come back" in text
    assert not mallory.teams.filter(pk=team.pk).exists()
    assert not User.objects.filter(email="new@x.test").exists()
    answer = client.post("/accounts/logout/", {"next": link})
    assert answer.url == link


def test_an_address_that_was_only_claimed_lets_nobody_in(client, invited, mallory, team):
    mallory.emailaddress_set.create(email="new@x.test", verified=False)
    client.force_login(mallory)
    link = invited()

    client.post(f"{link}accept/")

    assert not mallory.teams.filter(pk=team.pk).exists()


def test_a_second_address_lets_in_once_it_is_confirmed(client, invited, mallory, team):
    mallory.emailaddress_set.create(email="new@x.test", verified=True)
    client.force_login(mallory)

    client.post(f"{invited()}accept/")

    assert mallory.teams.filter(pk=team.pk).exists()


def test_ones_own_address_that_was_never_confirmed_is_to_be_confirmed_first(client, invited, mallory, team):
    mallory.emailaddress_set.update(verified=False)
    client.force_login(mallory)
    link = invited(mallory.email)

    assert "Confirm your address first" in client.get(link).text
    client.post(f"{link}accept/")

    assert not mallory.teams.filter(pk=team.pk).exists()


def ended(how):
    now = timezone.now()
    Invitation.objects.update(
        **{
            "expired": {"expires_at": now - timedelta(seconds=1)},
            "withdrawn": {"withdrawn_at": now},
            "used": {"accepted_at": now},
            "renewed": {"digest": b"another"},
        }[how]
    )


def unusable(client, link):
    """What such a link answers, without what differs from page to page anyway."""
    answer = client.get(link)
    assert answer.status_code == 404
    return answer.text.split("<main")[1].split("</main>")[0]


@pytest.mark.parametrize("how", ["expired", "withdrawn", "used", "renewed"])
def test_links_that_open_nothing_all_answer_the_same(client, invited, how):
    link = invited()
    forged = unusable(client, "/invitations/forged/")
    ended(how)

    assert unusable(client, link) == forged
    assert client.post(link, FORM).status_code == 404
    assert not User.objects.filter(email="new@x.test").exists()


@pytest.mark.parametrize("how", ["expired", "withdrawn", "used", "renewed"])
def test_nor_do_they_for_the_owner_of_the_address(client, invited, team, how):
    ada = make_account("ada@x.test")
    client.force_login(ada)
    link = invited("ada@x.test")
    ended(how)

    assert client.post(f"{link}accept/").status_code == 404
    assert not ada.teams.exists()


def test_the_link_of_one_who_has_joined_leads_home(client, invited, team):
    link = invited()
    client.post(link, FORM)

    assert client.get(link).url == reverse("audiences:list", args=[team.slug])
    assert Client().get(link).status_code == 404


def test_a_second_click_that_makes_the_account_leads_to_the_sign_in(client, invited):
    link = invited()
    client.post(link, FORM)

    second = Client().post(link, FORM, follow=True)

    assert second.redirect_chain == [("/accounts/login/", 302)]
    assert "Your account is made. Sign in with it." in second.text
    Invitation.objects.update(accepted_at=timezone.now() - timedelta(minutes=1))
    assert Client().post(link, FORM).status_code == 404


def test_a_link_that_is_renewed_between_the_look_and_the_use_lets_nobody_in(invited, alice):
    token = invited().split("/")[-2]
    now = timezone.now()
    invitation = joining.find(token, now=now)
    inviting.send_again(Invitation.objects.select_related("team").get(), by=alice, now=now + timedelta(minutes=2))

    with pytest.raises(joining.Unusable):
        joining.join_as_new(invitation, name="Eve", password="quiet-harbour-42", now=now)

    assert Invitation.objects.get().accepted_at is None


def test_whoever_joins_has_no_other_invitation_of_the_team_left(invited, client, team):
    ada = make_account("ada@x.test")
    ada.emailaddress_set.create(email="ada@home.test", verified=True)
    first, second = invited("ada@x.test"), invited("ada@home.test", role="admin")
    client.force_login(ada)
    client.post(f"{first}accept/")

    assert client.post(f"{second}accept/").status_code == 404
    assert role_of("ada@x.test", team) == "member"
    assert not team.invitations.open().exists()


def test_a_scanner_may_ask_for_the_head_of_the_page(client, invited):
    assert client.head(invited()).status_code == 200


def test_somebody_who_is_in_already_is_told_so_and_keeps_the_role(client, invited, team, alice):
    link = invited("ada@x.test")
    ada = make_user("ada@x.test", team=team, role="admin")
    client.force_login(ada)

    assert "You are in Northwind already" in client.get(link).text
    client.post(f"{link}accept/")

    assert role_of("ada@x.test", team) == "admin"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_one_link_at_the_same_moment_one_gets_in(invited, team):
    invited()
    invitation = Invitation.objects.select_related("team").get()
    refused = []

    def second() -> None:
        with pytest.raises(joining.Unusable) as refusal:
            joining.join_as_new(invitation, name="Eve", password="quiet-harbour-42", now=timezone.now())
        refused.append(refusal)

    with waiting_meanwhile(second):
        joining.join_as_new(invitation, name="Nia", password="quiet-harbour-41", now=timezone.now())

    assert len(refused) == 1
    assert User.objects.get(email="new@x.test").name == "Nia"
    assert team.memberships.filter(user__email="new@x.test").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_teams_links_used_at_the_same_moment_one_makes_the_account(invite, team, mallory):
    first = invite()
    values = {"email": "new@x.test", "invited_by_name": "x", "expires_at": first.expires_at, "digest": b"theirs"}
    other = Invitation.objects.create(team=mallory.teams.get(), **values)
    refused = []

    def second() -> None:
        with pytest.raises(joining.AccountExists) as refusal:
            joining.join_as_new(other, name="Eve", password="quiet-harbour-42", now=timezone.now())
        refused.append(refusal)

    with waiting_meanwhile(second):
        joining.join_as_new(first, name="Nia", password="quiet-harbour-41", now=timezone.now())

    other.refresh_from_db()
    assert len(refused) == 1
    assert other.accepted_at is None
    assert User.objects.get(email="new@x.test").name == "Nia"

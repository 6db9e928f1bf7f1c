"""Settings > Members and Team: who sees what, and who may change it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from exports.models import Export
from teams import staffing
from teams.models import Invitation, Membership
from tests.factories import make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(team):
    """The address of a page of the team's."""
    return lambda name, *args: reverse(f"team:{name}", args=[team.slug, *args])


def membership(user):
    return Membership.objects.select_related("team", "user").get(user=user)


def test_everybody_sees_who_is_there(as_bob, at, alice):
    text = as_bob.get(at("members")).text

    assert "alice@northwind.example" in text
    assert "bob@northwind.example" in text
    assert "Invite people" not in text
    assert "Change" not in text


def test_the_list_costs_the_same_for_many(as_alice, at, team, django_assert_max_num_queries):
    for each in range(20):
        make_user(f"person{each}@northwind.example", team=team)

    with django_assert_max_num_queries(8):
        as_alice.get(at("members"))


def test_admins_see_open_invitations_and_members_do_not(client, at, alice, bob, invite):
    invite("ada@x.test")

    client.force_login(alice)
    assert "ada@x.test" in client.get(at("members")).text
    client.force_login(bob)
    assert "ada@x.test" not in client.get(at("members")).text


def test_an_admin_changes_a_role(as_alice, at, bob):
    answer = as_alice.post(at("member", membership(bob).uuid), {"role": "admin"}, follow=True)

    assert membership(bob).role == "admin"
    assert "Bob Bell’s role is Admin from now on." in answer.text


def test_the_last_admins_demotion_is_refused_beside_the_field(as_alice, at, alice):
    answer = as_alice.post(at("member", membership(alice).uuid), {"role": "member"})

    assert answer.status_code == 422
    assert "Nobody else is an admin." in answer.text
    assert membership(alice).role == "admin"


def test_a_role_that_is_none_is_refused(as_alice, at, bob):
    assert as_alice.post(at("member", membership(bob).uuid), {"role": "owner"}).status_code == 422


def test_an_admin_removes_somebody_whose_open_session_ends_there(client, at, team, alice, bob):
    client.force_login(bob)
    assert client.get(at("members")).status_code == 200
    his, hers = client, type(client)()
    hers.force_login(alice)

    answer = hers.post(at("remove", membership(bob).uuid), follow=True)

    assert "Bob Bell isn’t in the team any more." in answer.text
    assert his.get(at("members")).status_code == 404
    assert his.get(reverse("audiences:list", args=[team.slug])).status_code == 404
    assert "aren’t in a team yet" in his.get("/").text


def test_a_removed_or_demoted_admin_downloads_nothing_any_more(client, team, alice, tmp_path):
    carol = make_user("carol@northwind.example", "Carol", team=team, role="admin")
    export = Export.objects.create(team=team, resource="contacts", expected=1, requested_by=carol)
    address = reverse("exports:download", args=[team.slug, export.uuid])
    client.force_login(carol)

    staffing.change_role(membership(carol), role="member", by=alice)
    assert client.get(address).status_code == 403
    staffing.remove(membership(carol), by=alice)
    assert client.get(address).status_code == 404
    assert Export.objects.filter(team=team).exists()


def test_a_member_leaves(as_bob, at, team, bob):
    answer = as_bob.post(at("leave"), follow=True)

    assert "You aren’t in “Northwind” any more." in answer.text
    assert not bob.teams.exists()


def test_the_last_admin_is_told_before_and_refused_all_the_same(as_alice, at, alice):
    assert "only admin" in as_alice.get(at("leave")).text

    answer = as_alice.post(at("leave"), follow=True)

    assert "You are the team’s only admin." in answer.text
    assert alice.teams.exists()


def test_members_change_nothing(as_bob, at, bob, alice, invite, team):
    invitation = invite()
    posts = {
        at("member", membership(bob).uuid): {"role": "admin"},
        at("remove", membership(alice).uuid): {},
        at("invite"): {"addresses": "eve@x.test", "role": "admin"},
        at("send_again", invitation.uuid): {},
        at("withdraw", invitation.uuid): {},
        at("rename"): {"name": "Bobwind"},
    }

    for address, data in posts.items():
        assert as_bob.post(address, data).status_code == 403
    team.refresh_from_db()
    assert team.name == "Northwind"
    assert membership(bob).role == "member"
    assert team.invitations.open().count() == 1


def test_people_and_invitations_of_another_team_are_out_of_reach(client, mallory, bob, invite):
    own, invitation = mallory.teams.get(), invite()
    client.force_login(mallory)

    for name, thing in (("member", membership(bob)), ("remove", membership(bob)), ("withdraw", invitation)):
        assert client.post(reverse(f"team:{name}", args=[own.slug, thing.uuid]), {"role": "admin"}).status_code == 404


def test_the_team_is_renamed_and_keeps_its_address(as_alice, at, team):
    answer = as_alice.post(at("rename"), {"name": "  North \n wind & Sons "}, follow=True)

    team.refresh_from_db()
    assert (team.name, team.slug) == ("North wind & Sons", "northwind")
    assert "North wind &amp; Sons" in answer.text


@pytest.mark.parametrize("name", ["", "!!!", "x" * 101, "\x00"])
def test_a_name_that_is_none_is_refused_beside_the_field(as_alice, at, team, name):
    answer = as_alice.post(at("rename"), {"name": name})

    team.refresh_from_db()
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert team.name == "Northwind"


def test_an_admin_invites_several_and_what_cannot_be_stays_in_the_field(as_alice, at, team):
    answer = as_alice.post(
        at("invite"), {"addresses": "Ada <ADA@x.test>\nbad@\nalice@northwind.example", "role": "member"}
    )

    assert answer.status_code == 422
    assert "ada@x.test is invited." in answer.text
    assert "has nothing after the @" in answer.text
    assert "is in the team already" in answer.text
    field = answer.text.split("<textarea")[1].split("</textarea>")[0]
    assert "bad@\nalice@northwind.example" in field
    assert "ada@x.test" not in field
    assert list(team.invitations.values_list("email", flat=True)) == ["ada@x.test"]


@pytest.mark.parametrize("addresses", ["", " , ", "\n".join(f"a{each}@x.test" for each in range(51)), "\x00"])
def test_nobody_and_too_many_are_refused(as_alice, at, team, addresses):
    assert as_alice.post(at("invite"), {"addresses": addresses, "role": "member"}).status_code == 422
    assert not team.invitations.exists()


def test_an_invitation_is_withdrawn_from_the_list(as_alice, at, invite):
    answer = as_alice.post(at("withdraw", invite().uuid), follow=True)

    assert "is withdrawn" in answer.text
    assert "Open invitations" not in answer.text


def test_an_invitation_is_sent_again_from_the_list(as_alice, at, invite):
    invitation = invite()
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert "Expired" in as_alice.get(at("members")).text

    answer = as_alice.post(at("send_again", invitation.uuid), follow=True)

    assert "gets another e-mail" in answer.text
    assert "Expired" not in answer.text


def test_an_admin_starts_another_team_and_is_its_admin(as_alice, alice):
    answer = as_alice.post(reverse("create_team"), {"name": "Contoso"})

    assert answer.url == reverse("team:members", args=["contoso"])
    assert alice.memberships.get(team__slug="contoso").role == "admin"


def test_who_is_no_admin_anywhere_starts_no_team(as_bob, bob):
    assert as_bob.post(reverse("create_team"), {"name": "Contoso"}).status_code == 403
    assert "Create team" not in as_bob.get("/", follow=True).text
    assert bob.teams.count() == 1


def test_home_is_the_team_used_last_and_every_page_offers_the_others(as_bob, bob, team):
    second = make_team("Tailspin")
    Membership.objects.create(team=second, user=bob)
    assert as_bob.get("/").url == reverse("audiences:list", args=["northwind"])

    text = as_bob.get(reverse("audiences:list", args=["tailspin"])).text

    assert f'href="{reverse("audiences:list", args=["northwind"])}"' in text
    assert as_bob.get("/").url == reverse("audiences:list", args=["tailspin"])


def test_a_page_that_polls_in_the_background_does_not_change_what_home_is(as_bob, bob):
    Membership.objects.create(team=make_team("Tailspin"), user=bob)

    as_bob.get(reverse("audiences:list", args=["tailspin"]), headers={"HX-Request": "true"})

    assert as_bob.get("/").url == reverse("audiences:list", args=["northwind"])


def test_a_team_one_has_left_is_not_home_any_more(as_bob, bob):
    as_bob.cookies["team"] = "somebody-elses"

    assert as_bob.get("/").url == reverse("audiences:list", args=["northwind"])

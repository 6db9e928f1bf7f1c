from datetime import timedelta

import pytest
from django.utils import timezone

from teams.models import Membership, Team
from teams.starting import AlreadyMember, NameMissing, add_member, open_team, start_team
from tests.sessions import waiting_meanwhile


def test_a_team_starts_with_its_admin(db):
    team = start_team(name="Blue Yonder", admin_email="Mara@Blue.example", password="a good password")

    membership = Membership.objects.get(team=team)
    assert (team.slug, membership.role, membership.user.email) == ("blue-yonder", "admin", "mara@blue.example")
    assert membership.user.check_password("a good password")
    assert membership.user.emailaddress_set.get().verified


def test_a_second_team_of_the_same_name_gets_a_slug_of_its_own(db, team):
    again = start_team(name="Northwind", admin_email="eve@example.test", password="a good password")

    assert again.slug.startswith("northwind-")


def test_a_user_who_exists_keeps_the_password(db, alice):
    start_team(name="Second", admin_email=alice.email, password="another password")

    alice.refresh_from_db()
    assert alice.check_password("a good password")
    assert alice.teams.count() == 2


@pytest.mark.parametrize("name", ["", "   ", "!!!"])
def test_a_team_without_a_usable_name_is_refused(db, name):
    with pytest.raises(NameMissing):
        start_team(name=name, admin_email="a@example.test", password="a good password")


def test_a_team_may_be_called_something_in_any_script(db):
    team = start_team(name="東京", admin_email="mara@example.test", password="a good password")

    assert team.slug.startswith("team-")


def test_somebody_is_added_with_a_role(team):
    membership = add_member(team=team, email="New@Example.test", password="a good password", role="member")

    assert (membership.user.email, membership.role) == ("new@example.test", "member")


def test_a_member_is_not_added_twice(team, bob):
    with pytest.raises(AlreadyMember):
        add_member(team=team, email=bob.email, password="", role="admin")


def test_a_second_click_gets_the_team_of_the_first(team, alice):
    first = open_team(name="Sales", by=alice)

    assert open_team(name=" Sales", by=alice) == first

    Team.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(minutes=1))
    assert open_team(name="Sales", by=alice) != first


@pytest.mark.django_db(transaction=True)
def test_of_two_who_give_the_same_name_at_the_same_moment_both_get_a_team(alice, mallory):
    slugs = []

    with waiting_meanwhile(lambda: slugs.append(open_team(name="Sales", by=mallory).slug)):
        slugs.append(open_team(name="Sales", by=alice).slug)

    assert slugs[0] == "sales"
    assert slugs[1].startswith("sales-")


def test_an_address_that_is_anothers_second_one_is_that_account(team, mallory):
    mallory.emailaddress_set.create(email="mal@home.test", verified=True)

    assert add_member(team=team, email="mal@home.test", password="", role="member").user == mallory
    started = start_team(name="Second", admin_email="mal@home.test", password="")
    assert started.memberships.get().user == mallory


def test_an_address_that_was_only_claimed_gets_an_account_of_its_own(team, mallory):
    mallory.emailaddress_set.create(email="ada@x.test", verified=False)

    assert add_member(team=team, email="ada@x.test", password="a good password", role="member").user != mallory

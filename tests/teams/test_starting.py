import pytest

from teams.models import Membership
from teams.starting import AlreadyMember, NameMissing, add_member, start_team


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

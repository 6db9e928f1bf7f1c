"""Whom a team can invite, and how an invitation ends without anybody joining."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from teams import inviting, tasks
from teams.accounts import owner_of
from teams.locking import NotAdmin
from teams.models import Invitation, Membership
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def invite_all(team, alice):
    def invite_all(*emails, role="member", now=None):
        return inviting.invite(team=team, emails=emails, role=role, by=alice, now=now or timezone.now())

    return invite_all


def reasons(outcome):
    return {each.text: each.reason for each in outcome.refused}


def test_several_are_invited_at_once(team, invite_all):
    outcome = invite_all("ada@x.test", "bo@y.test", role="admin")

    assert outcome.invited == ["ada@x.test", "bo@y.test"]
    assert set(team.invitations.values_list("email", "role")) == {("ada@x.test", "admin"), ("bo@y.test", "admin")}


def test_who_is_in_the_team_or_invited_is_named_and_the_rest_invited(invite_all, bob):
    invite_all("ada@x.test")

    outcome = invite_all("ada@x.test", "bob@northwind.example", "bo@y.test")

    assert outcome.invited == ["bo@y.test"]
    assert "invited already" in reasons(outcome)["ada@x.test"]
    assert "in the team already" in reasons(outcome)["bob@northwind.example"]


def test_a_members_other_confirmed_address_counts_too(invite_all, bob):
    bob.emailaddress_set.create(email="bob@home.test", verified=True)
    bob.emailaddress_set.create(email="claimed@home.test", verified=False)

    outcome = invite_all("bob@home.test", "claimed@home.test")

    assert outcome.invited == ["claimed@home.test"]


def test_an_expired_invitation_is_made_anew(team, invite_all):
    invite_all("ada@x.test", now=timezone.now() - timedelta(days=8))

    outcome = invite_all("ada@x.test", role="admin")

    assert outcome.invited == ["ada@x.test"]
    invitation = team.invitations.get()
    assert invitation.role == "admin"
    assert invitation.status_at(timezone.now()) == ("queued", "Being sent")


def test_a_team_has_only_so_many_open_at_once(invite_all, monkeypatch):
    monkeypatch.setattr(inviting, "MOST_OPEN", 2)

    outcome = invite_all("a@x.test", "b@x.test", "c@x.test")

    assert outcome.invited == ["a@x.test", "b@x.test"]
    assert "too many" in reasons(outcome)["c@x.test"]


def test_only_an_admin_invites_even_if_the_role_was_lost_a_moment_ago(team, alice, invite_all):
    Membership.objects.filter(user=alice).update(role="member")

    with pytest.raises(NotAdmin):
        invite_all("ada@x.test")


def test_two_teams_invite_the_same_address(team, mallory, invite_all):
    theirs = mallory.teams.get()
    invite_all("ada@x.test")

    outcome = inviting.invite(team=theirs, emails=["ada@x.test"], role="member", by=mallory, now=timezone.now())

    assert outcome.invited == ["ada@x.test"]


def test_the_database_knows_one_open_invitation_for_each_address_of_a_team(team, invite_all):
    invite_all("ada@x.test")
    values = {"team": team, "email": "ada@x.test", "invited_by_name": "x", "expires_at": timezone.now()}

    with pytest.raises(IntegrityError), transaction.atomic():
        Invitation.objects.create(**values)
    Invitation.objects.create(**values, withdrawn_at=timezone.now())


def test_a_withdrawn_invitation_cannot_be_sent_again_or_withdrawn_twice(invite, alice):
    invitation = invite()
    inviting.withdraw(invitation, by=alice, now=timezone.now())

    for deed in (inviting.withdraw, inviting.send_again):
        with pytest.raises(inviting.NotOpen):
            deed(invitation, by=alice, now=timezone.now())


def test_what_is_long_over_is_forgotten(team, invite_all):
    now = timezone.now()
    invite_all("old@x.test", now=now - inviting.LASTS - timedelta(days=31))
    invite_all("expired@x.test", now=now - inviting.LASTS - timedelta(days=29))

    tasks.sweep()

    assert list(team.invitations.values_list("email", flat=True)) == ["expired@x.test"]


def test_an_address_that_somebody_only_claimed_has_no_account(db, team):
    eve = make_user("eve@x.test", team=team)
    eve.emailaddress_set.create(email="ada@x.test", verified=False)

    assert owner_of("ada@x.test") is None
    assert owner_of("eve@x.test") == eve

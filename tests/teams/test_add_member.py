import io
import sys

import pytest
from django.core.management import CommandError, call_command

from teams.models import Membership


def add(team: str, email: str, **options: object) -> str:
    printed = io.StringIO()
    call_command("add_member", team, email, stdout=printed, **options)
    return printed.getvalue()


def test_a_new_person_can_sign_in(team, client, monkeypatch):
    monkeypatch.setenv("CARILLON_PASSWORD", "quiet-harbour-41")

    add(team.slug, "New@example.test")

    answer = client.post("/accounts/login/", {"login": "new@example.test", "password": "quiet-harbour-41"})
    assert answer.status_code == 302
    assert Membership.objects.get(team=team).role == "member"


def test_somebody_of_another_team_joins_with_the_account_they_have(team, mallory):
    add(team.slug, mallory.email, role="admin")

    assert mallory.teams.count() == 2


def test_a_second_address_needs_no_password(team, mallory, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    mallory.emailaddress_set.create(email="mal@home.test", verified=True)

    add(team.slug, "mal@home.test")

    assert mallory.teams.filter(pk=team.pk).exists()


@pytest.mark.parametrize(
    ("slug", "email", "words"),
    [
        ("nowhere", "new@example.test", "no team"),
        ("northwind", "new@", "new@"),
        ("northwind", "bob@northwind.example", "already"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(team, bob, slug, email, words):
    with pytest.raises(CommandError, match=words):
        add(slug, email)

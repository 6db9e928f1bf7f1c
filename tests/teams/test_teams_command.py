import io

import pytest
from django.core.management import call_command

pytestmark = pytest.mark.django_db


def listed() -> list[str]:
    printed = io.StringIO()
    call_command("teams", stdout=printed)
    return [" ".join(line.split()) for line in printed.getvalue().splitlines()]


def test_every_team_is_listed_with_its_people(alice, bob, mallory):
    northwind, admin, member, tailspin, another = listed()

    assert northwind.startswith("northwind: “Northwind”, since 20")
    assert (admin, member) == ("admin alice@northwind.example", "member bob@northwind.example")
    assert tailspin.startswith("tailspin: ")
    assert another == "admin mallory@tailspin.example"


def test_an_empty_installation_says_what_to_do():
    assert "start_team" in listed()[0]

import getpass
import io
import sys

import pytest
from django.core.management import CommandError, call_command

from teams.models import Membership, Team, User
from tests import factories

PASSWORD = "quiet-harbour-41"

pytestmark = pytest.mark.django_db


@pytest.fixture
def password(monkeypatch) -> None:
    monkeypatch.setenv("CARILLON_PASSWORD", PASSWORD)


def start(name: str = "Contoso", *, admin: str = "mara@contoso.example", **options: object) -> str:
    printed = io.StringIO()
    call_command("start_team", name, admin=admin, stdout=printed, **options)
    return printed.getvalue()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def type_passwords(monkeypatch, *typed: str) -> None:
    answers = iter(typed)
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: next(answers))


def test_the_admin_can_sign_in_where_it_says(password, client, settings):
    printed = start(name="Contoso", admin=" Mara@Contoso.example")

    sign_in = printed.split()[-1].removeprefix(settings.PUBLIC_URL)
    answer = client.post(sign_in, {"login": "mara@contoso.example", "password": PASSWORD})
    assert answer.status_code == 302
    assert Membership.objects.get().role == Membership.Role.ADMIN


def test_the_password_may_be_piped_in(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n"))

    start(password_stdin=True)

    assert User.objects.get().check_password(PASSWORD)


def test_the_password_may_be_typed_twice(monkeypatch):
    type_passwords(monkeypatch, PASSWORD, PASSWORD)

    start()

    assert User.objects.get().check_password(PASSWORD)


def test_a_slip_while_typing_starts_nothing(monkeypatch):
    type_passwords(monkeypatch, PASSWORD, "another")

    with pytest.raises(CommandError, match="differ"):
        start()

    assert not Team.objects.exists()


def test_without_terminal_and_password_it_says_where_one_goes(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    with pytest.raises(CommandError, match="CARILLON_PASSWORD"):
        start()


def test_someone_who_has_an_account_keeps_the_password(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    mara = factories.make_user("mara@contoso.example", team=factories.make_team("Northwind"), password=PASSWORD)

    printed = start()

    mara.refresh_from_db()
    assert mara.check_password(PASSWORD)
    assert "already have" in printed


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "!!"}, "at least one letter or digit"),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"admin_name": "x" * 201}, "at most 200 characters"),
        ({"admin": "mara"}, "has no @"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(password, wrong, said):
    arguments = {"name": "Contoso", "admin": "mara@contoso.example", "admin_name": "", **wrong}

    with pytest.raises(CommandError, match=said):
        call_command("start_team", arguments["name"], admin=arguments["admin"], name=arguments["admin_name"])

    assert not Team.objects.exists()
    assert not User.objects.exists()


def test_a_weak_password_is_refused(monkeypatch):
    monkeypatch.setenv("CARILLON_PASSWORD", "1234")

    with pytest.raises(CommandError, match="too short"):
        start()

    assert not Team.objects.exists()

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

pytestmark = pytest.mark.django_db


def reset(email: str) -> str:
    printed = io.StringIO()
    call_command("reset_second_factor", email, stdout=printed)
    return printed.getvalue()


@pytest.fixture
def guarded(alice, bob):
    """Alice has everything, Bob an app."""
    for kind in ("totp", "recovery_codes", "webauthn", "webauthn"):
        alice.authenticator_set.create(type=kind, data={})
    bob.authenticator_set.create(type="totp", data={})
    return alice


def test_the_password_alone_signs_in_afterwards(client, guarded, bob):
    words = {"login": guarded.email, "password": "a good password"}
    assert "2fa" in Client().post("/accounts/login/", words).url

    printed = reset(" Alice@Northwind.example")

    assert "the authenticator app" in printed
    assert "the recovery codes" in printed
    assert "2 passkeys" in printed
    assert client.post("/accounts/login/", words).url == "/"
    assert client.get("/accounts/email/").status_code == 200
    assert bob.authenticator_set.exists()


def test_any_address_of_the_account_names_it(guarded):
    guarded.emailaddress_set.create(email="alice@home.test", verified=True)

    assert guarded.email in reset("alice@home.test")
    assert not guarded.authenticator_set.exists()


def test_who_has_none_is_said(alice):
    assert "nothing was changed" in reset(alice.email)


def test_an_address_of_nobody_is_refused(guarded):
    with pytest.raises(CommandError, match="Nobody signs in"):
        reset("nobody@x.test")

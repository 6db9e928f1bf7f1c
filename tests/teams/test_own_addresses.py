"""An address becomes somebody's by a code that is typed in the session which asked for it."""

import re
import secrets

import pytest
from django.test import Client

from teams.models import User
from tests.factories import make_account, make_team, make_user

pytestmark = pytest.mark.django_db

ADDRESSES, CODE = "/accounts/email/", "/accounts/confirm-email/"
PASSWORD = "a good password"


@pytest.fixture(autouse=True)
def a_while_later(relay, settings):
    """Forget what was asked for how often; each test begins like that, whatever others do at the same moment."""

    def a_while_later():
        settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": secrets.token_hex(8)}}

    a_while_later()
    return a_while_later


@pytest.fixture
def as_mallory(client, mallory):
    client.post("/accounts/login/", {"login": mallory.email, "password": PASSWORD})
    return client


def claim(client, address):
    return client.post(ADDRESSES, {"action_add": "", "email": address})


@pytest.fixture
def code(received):
    """The code in the newest message."""
    return lambda: re.search(r"asks for it:\s+(\S+)", received()[-1].get_content())[1]


def confirmed(user):
    return set(user.emailaddress_set.filter(verified=True).values_list("email", flat=True))


def test_the_code_makes_the_address_ones_own(as_mallory, mallory, code):
    assert claim(as_mallory, "mal@home.test").url == CODE
    assert "mal@home.test" in as_mallory.get(CODE).text

    answer = as_mallory.post(CODE, {"code": code()})

    assert answer.url == ADDRESSES
    assert confirmed(mallory) == {mallory.email, "mal@home.test"}


def test_an_address_that_was_only_claimed_is_not_even_kept(as_mallory, mallory):
    claim(as_mallory, "ada@x.test")

    assert not mallory.emailaddress_set.filter(email="ada@x.test").exists()


def test_the_mail_names_the_account_and_has_nothing_to_press(as_mallory, mallory, received, settings):
    claim(as_mallory, "ada@x.test")

    [message] = received()
    text = message.get_content()
    assert message["Subject"] == "Your code for Carillon"
    assert mallory.email in text
    assert re.findall(r"https?://\S+", text) == [f"{settings.PUBLIC_URL})"]


def test_whoever_gets_the_code_confirms_it_for_nobody_else(as_mallory, mallory, code):
    claim(as_mallory, "ada@x.test")
    ada = make_account("ada@home.test")
    hers = Client()

    assert hers.post(CODE, {"code": code()}).url == "/accounts/login/"
    hers.force_login(ada)
    assert hers.post(CODE, {"code": code()}).url == ADDRESSES

    assert confirmed(mallory) == {mallory.email}
    assert confirmed(ada) == {"ada@home.test"}


def test_three_wrong_codes_end_it(as_mallory, mallory, code):
    claim(as_mallory, "ada@x.test")

    for _ in range(3):
        answer = as_mallory.post(CODE, {"code": "WRONG1"})

    assert answer.status_code == 302
    assert as_mallory.post(CODE, {"code": code()}).url == ADDRESSES
    assert confirmed(mallory) == {mallory.email}


def test_an_address_that_another_account_has_confirmed_stays_theirs(as_mallory, mallory, code):
    ada = make_account("ada@x.test")
    claim(as_mallory, "ada@x.test")

    assert "already registered" in as_mallory.post(CODE, {"code": code()}).text

    assert confirmed(mallory) == {mallory.email}
    assert confirmed(ada) == {"ada@x.test"}


def test_another_code_is_sent_but_not_at_once(as_mallory, mallory, code, received, a_while_later):
    claim(as_mallory, "mal@home.test")
    first = code()

    assert as_mallory.post(CODE, {"action": "resend"}).status_code == 429
    a_while_later()
    assert as_mallory.post(CODE, {"action": "resend"}).url == CODE

    assert code() != first
    assert len(received()) == 2
    as_mallory.post(CODE, {"code": code()})
    assert "mal@home.test" in confirmed(mallory)


def test_asking_for_another_code_too_soon_leaves_the_first_one_good(as_mallory, mallory, code):
    claim(as_mallory, "mal@home.test")
    as_mallory.post(CODE, {"action": "resend"})

    as_mallory.post(CODE, {"code": code()})

    assert "mal@home.test" in confirmed(mallory)


def test_an_address_that_is_on_the_list_unconfirmed_is_confirmed_by_a_code_too(as_mallory, mallory, code):
    assert "Confirm with a code" not in as_mallory.get(ADDRESSES).text
    mallory.emailaddress_set.create(email="mal@home.test", verified=False)
    assert "Confirm with a code" in as_mallory.get(ADDRESSES).text

    assert as_mallory.post(ADDRESSES, {"action_send": "", "email": "mal@home.test"}).url == CODE
    as_mallory.post(CODE, {"code": code()})

    assert "mal@home.test" in confirmed(mallory)


def test_a_second_factor_keeps_nobody_from_adding_an_address(as_mallory, mallory, code):
    mallory.authenticator_set.create(type="totp", data={"secret": "x"})
    claim(as_mallory, "mal@home.test")

    as_mallory.post(CODE, {"code": code()})

    assert "mal@home.test" in confirmed(mallory)


def test_an_account_whose_address_was_never_confirmed_signs_in_by_a_code(client, code):
    user = make_user("eve@x.test", team=make_team("Contoso"))
    user.emailaddress_set.update(verified=False)

    assert client.post("/accounts/login/", {"login": "eve@x.test", "password": PASSWORD}).url == CODE
    assert client.get("/").url.startswith("/accounts/login/")
    assert "Cancel" in client.get(CODE).text
    client.post(CODE, {"code": code()})

    assert client.get("/").url == "/t/contoso/audiences/"
    assert User.objects.get(email="eve@x.test").emailaddress_set.get().verified


def test_the_link_to_a_new_password_names_the_installation_not_the_request(client, mallory, received, settings):
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "https://carillon.example", ["*"]

    client.post("/accounts/password/reset/", {"email": mallory.email}, headers={"host": "evil.example"})

    [message] = received()
    assert message["Subject"] == "Choose a new password for Carillon"
    link = re.search(r"https://carillon\.example(/accounts/password/reset/key/\S+)", message.get_content())[1]
    assert client.get(link).status_code == 302
    assert "evil.example" not in message.as_string()


def test_an_address_without_account_is_told_how_accounts_come(client, received):
    client.post("/accounts/password/reset/", {"email": "nobody@x.test"})

    [message] = received()
    assert "no account has this address" in message.get_content()
    assert "signup" not in message.get_content()

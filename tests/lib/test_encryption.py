"""Secrets at rest: unreadable without SECRET_KEY, readable through its rotation."""

import pytest

from lib import encryption

SECRET = b"the private half"


def test_what_is_encrypted_comes_back_and_shows_nothing():
    stored = encryption.encrypt(SECRET, purpose="tests")

    assert encryption.decrypt(stored, purpose="tests") == SECRET
    assert SECRET not in stored


def test_a_secret_of_one_purpose_is_none_of_another():
    stored = encryption.encrypt(SECRET, purpose="tests")

    with pytest.raises(encryption.Unreadable):
        encryption.decrypt(stored, purpose="something else")


def test_a_changed_secret_key_is_survived_while_the_old_one_is_a_fallback(settings):
    stored = encryption.encrypt(SECRET, purpose="tests")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new key", [settings.SECRET_KEY]

    renewed = encryption.renew(stored, purpose="tests")

    assert encryption.decrypt(stored, purpose="tests") == SECRET
    settings.SECRET_KEY_FALLBACKS = []
    assert encryption.decrypt(renewed, purpose="tests") == SECRET
    with pytest.raises(encryption.Unreadable):
        encryption.decrypt(stored, purpose="tests")


def test_what_is_new_enough_is_not_renewed():
    stored = encryption.encrypt(SECRET, purpose="tests")

    assert encryption.renew(stored, purpose="tests") == stored


def test_what_no_key_opens_is_not_renewed_either(settings):
    stored = encryption.encrypt(SECRET, purpose="tests")
    settings.SECRET_KEY = "another"

    with pytest.raises(encryption.Unreadable):
        encryption.renew(stored, purpose="tests")

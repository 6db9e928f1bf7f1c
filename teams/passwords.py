"""Passwords that an operator gives on the command line."""

import getpass
import os
import sys

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from lib.errors import DomainError
from mail import addresses
from teams.accounts import owner_of
from teams.models import User

SOURCES = "The password is taken from CARILLON_PASSWORD, from the first line of the standard input, or asked for."


class PasswordRefused(DomainError):
    code = "password_refused"


def given_password(user: User, *, from_stdin: bool) -> str:
    """The password for `user`, from where it was said to come; raises `PasswordRefused` for none and for a poor one."""
    password = _read(from_stdin=from_stdin)
    try:
        validate_password(password, user)
    except ValidationError as refusal:
        raise PasswordRefused(" ".join(refusal.messages)) from refusal
    return password


def sign_in_of(email: str, *, name: str, from_stdin: bool) -> tuple[str, str]:
    """The address as it is kept, and a password for it: "" when it has an account, whose password stays as it is."""
    email = addresses.normalise(email)
    if owner_of(email) is not None:
        return email, ""
    return email, given_password(User(email=email, name=name), from_stdin=from_stdin)


def _read(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if password := os.environ.get("CARILLON_PASSWORD", ""):
        return password
    if not sys.stdin.isatty():
        raise PasswordRefused("No password: set CARILLON_PASSWORD, or pipe it in with --password-stdin.")
    password = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != password:
        raise PasswordRefused("The two passwords differ. Nothing was changed.")
    return password

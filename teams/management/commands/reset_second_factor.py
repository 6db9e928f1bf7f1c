"""The way back in for somebody whose phone is gone, or whose account a stranger has locked, from the command line."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from teams.accounts import owner_of, remove_second_factors


class Command(BaseCommand):
    help = (
        "Removes the authenticator app, the recovery codes and the passkeys of an account, without asking: make sure "
        "first who wants it. The password stays. Example: manage.py reset_second_factor mara@northwind.example"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", metavar="EMAIL", help="An address the account signs in with.")

    def handle(self, *_args: Any, **options: Any) -> None:
        user = owner_of(options["email"].strip().lower())
        if user is None:
            raise CommandError(f"Nobody signs in with {options['email']}.")
        removed = remove_second_factors(user)
        if not removed:
            self.stdout.write(f"{user.email} has no second factor; nothing was changed.")
            return
        self.stdout.write(f"Removed from {user.email}: {', '.join(removed)}. Sign-in asks for the password alone.")
        self.stdout.write(
            "Had a stranger the account? Then its owner chooses a new password and looks at Profile > E-mail."
        )

"""How allauth behaves here: nobody signs up by themselves."""

import logging
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from lib.errors import DomainError

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """Accounts come with an invitation or from the command line, so the sign-up pages are closed."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": "That was wrong too often. Try again in a few minutes.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send what allauth wants sent; a relay that is away makes no page fail and tells nobody who has an account."""
        try:
            super().send_mail(template_prefix, email, {**context, "site": settings.PUBLIC_URL})
        except DomainError as away:
            log.error("%s could not be sent to %s: %s", template_prefix, email, away)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Under the address that the installation is known by, whatever host the request named."""
        return f"{settings.PUBLIC_URL}{urlsplit(super().get_reset_password_from_key_url(key)).path}"

    def get_user_display(self, user: Any) -> str:
        return str(user)

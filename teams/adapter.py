"""How allauth behaves here: nobody signs up by themselves."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from lib.errors import DomainError

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """Accounts come from `manage.py start_team` and `add_member`, so the sign-up pages are closed."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send what allauth wants sent; a relay that is away makes no page fail and tells nobody who has an account."""
        try:
            super().send_mail(template_prefix, email, context)
        except DomainError as away:
            log.error("%s could not be sent to %s: %s", template_prefix, email, away)

    def get_user_display(self, user: Any) -> str:
        return str(user)

import email
import email.policy
import re

import pytest
from django.utils import timezone


@pytest.fixture
def relay(sink, settings):
    """The system's own mail goes over SMTP to a sink."""
    settings.EMAIL_BACKEND = "mail.backend.EmailBackend"
    return sink


@pytest.fixture
def received(relay):
    """The messages that have arrived, in order."""
    return lambda: [email.message_from_bytes(each.data, policy=email.policy.default) for each in relay.messages]


@pytest.fixture
def link(received):
    """The path of the link in the newest message."""
    return lambda: re.search(r"https?://[^/]+(/invitations/\S+/)", received()[-1].get_content())[1]


@pytest.fixture
def invite(team, alice):
    """Invite an address as alice."""
    from teams import inviting
    from teams.models import Invitation

    def invite(address="new@x.test", role="member"):
        inviting.invite(team=team, emails=[address], role=role, by=alice, now=timezone.now())
        return Invitation.objects.select_related("team").get(email=address, accepted_at=None, withdrawn_at=None)

    return invite


@pytest.fixture
def invited(invite, link):
    """Invite an address; the link that arrives."""
    from teams import notifying

    def invited(address="new@x.test", role="member"):
        notifying.notify(invite(address, role), now=timezone.now())
        return link()

    return invited

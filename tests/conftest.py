"""The cast, the servers and the sink that every test may use."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

STACK = pytest.StashKey[ExitStack]()


def pytest_configure(config: pytest.Config) -> None:
    """Start the embedded servers once, before Django reads its settings, for this process and the xdist workers."""
    if "DATABASE_URL" not in os.environ:
        _start_servers(config)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    from django.conf import settings

    settings.INSTALLED_APPS  # noqa: B018 - reads them; pytest-django then sets Django up


def _start_servers(config: pytest.Config) -> None:
    from lib import embedded

    stack = ExitStack()
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="carillon-tests-")))
    servers = stack.enter_context(embedded.servers(var=folder))
    os.environ.update(VAR=str(folder), DATABASE_URL=servers.database_url, REDIS_URL=servers.redis_url, DEVELOPMENT="1")
    config.stash[STACK] = stack


def pytest_unconfigure(config: pytest.Config) -> None:
    stack = config.stash.get(STACK, None)
    if stack is not None:
        stack.close()


@pytest.fixture(autouse=True)
def _files(settings, tmp_path: Path) -> None:
    """Uploads of a test stay in its own folder, and passwords are hashed quickly."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def team(db):
    from tests import factories

    return factories.make_team("Northwind")


@pytest.fixture
def alice(team):
    """An admin of Northwind."""
    from tests import factories

    return factories.make_user("alice@northwind.example", "Alice Arden", team=team, role="admin")


@pytest.fixture
def bob(team):
    """A member of Northwind."""
    from tests import factories

    return factories.make_user("bob@northwind.example", "Bob Bell", team=team, role="member")


@pytest.fixture
def mallory(db):
    """An admin of another team, who must see nothing of Northwind."""
    from tests import factories

    return factories.make_user(
        "mallory@tailspin.example", "Mallory", team=factories.make_team("Tailspin"), role="admin"
    )


@pytest.fixture
def audience(team):
    from tests import factories

    return factories.make_audience(team=team, name="Newsletter")


@pytest.fixture
def as_alice(client, alice):
    client.force_login(alice)
    return client


@pytest.fixture
def as_bob(client, bob):
    client.force_login(bob)
    return client


@pytest.fixture
def sink(settings) -> Iterator:
    """A real SMTP server that keeps what it accepts; the product's relay for this test."""
    from tests.smtp_sink import Sink

    with Sink() as started:
        settings.SMTP_URL = started.url
        yield started

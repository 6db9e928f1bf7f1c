"""The product as `make run` starts it, and the system's Chromium to use it with."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.dns_server import NameServer

ROOT = Path(__file__).resolve().parent.parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SERVERS = ("DATABASE_URL", "REDIS_URL", "SMTP_URL", "DEVELOPMENT", "DJANGO_SETTINGS_MODULE")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One product serves all journeys, so they run on one worker; without a browser only CI insists on them."""
    skip = pytest.mark.skip(reason="there is no Chromium on this machine (apt-get install chromium)")
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))
            if CHROMIUM is None and "CI" not in os.environ:
                item.add_marker(skip)


@dataclass(frozen=True)
class Product:
    url: str
    var: Path
    process: subprocess.Popen

    def sign_in(self, role: str) -> dict[str, str]:
        """E-mail and password of the sample team's admin or member."""
        return next(
            each for each in json.loads((self.var / "sign-ins.json").read_text()) if each["role"].lower() == role
        )


@pytest.fixture(scope="session")
def name_server() -> Iterator[NameServer]:
    """What the product asks about domains' records."""
    with NameServer() as started:
        yield started


@pytest.fixture(scope="session")
def product(name_server: NameServer) -> Iterator[Product]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="carillon-product-", ignore_cleanup_errors=True) as folder:
        # As root, PostgreSQL runs as somebody else, who must reach its data below this folder.
        Path(folder).chmod(0o755)
        environment = {name: value for name, value in os.environ.items() if name not in SERVERS}
        with open(Path(folder) / "log", "w") as log:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "run"],
                cwd=ROOT,
                env={
                    **environment,
                    "VAR": f"{folder}/var",
                    "PORT": str(port),
                    "SWEEP_EVERY": "2",
                    "SEND_HOLD": "0",
                    "DNS_SERVERS": name_server.address,
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            _wait(f"http://127.0.0.1:{port}/healthz", process, Path(folder) / "log")
            yield Product(url=f"http://127.0.0.1:{port}", var=Path(folder) / "var", process=process)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def _wait(url: str, process: subprocess.Popen, log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"The product didn't start:\n{log.read_text()}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; for one module only, because Playwright keeps an event loop in which Django refuses to query."""
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=flags)


@pytest.fixture(scope="module")
def signed_in(browser, product: Product) -> dict[str, dict]:
    """Cookies of the admin and the member, so that each journey needn't type a password."""
    states = {}
    for role in ("admin", "member"):
        context = browser.new_context(base_url=product.url)
        page = context.new_page()
        sign_in(page, product, role)
        states[role] = context.storage_state()
        context.close()
    return states


def sign_in(page: Page, product: Product, role: str) -> None:
    person = product.sign_in(role)
    page.goto("/")
    page.get_by_label("Email").fill(person["email"])
    page.get_by_label("Password", exact=True).fill(person["password"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Audiences", exact=True)).to_be_visible()


@pytest.fixture
def admin_page(browser, product: Product, signed_in) -> Iterator[Page]:
    yield from _page(browser, product, signed_in["admin"])


@pytest.fixture
def member_page(browser, product: Product, signed_in) -> Iterator[Page]:
    yield from _page(browser, product, signed_in["member"])


def _page(browser, product: Product, state: dict) -> Iterator[Page]:
    context = browser.new_context(
        base_url=product.url, storage_state=state, viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
    )
    page = context.new_page()
    mistakes: list[str] = []
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    page.on("console", lambda message: mistakes.append(message.text) if _is_mistake(message) else None)
    yield page
    context.close()
    assert mistakes == [], "the browser's console must stay clean"


def _is_mistake(message) -> bool:
    """Errors and CSP violations, but not what a browser logs of a form's 422 and of requests left by navigating."""
    usual = r"status of 4(04|22)|htmx:(afterRequest|sendError|sendAbort)"
    return message.type == "error" and not re.search(usual, message.text)

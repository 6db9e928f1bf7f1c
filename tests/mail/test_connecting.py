"""Opening a pipelined connection: what is agreed on, and what is said of a relay that won't."""

import asyncio
import socket
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import uvloop

from mail.connecting import connect
from mail.relay import parse_url
from mail.replies import RelayUnavailable
from tests.mail.feeding import Feeding, on_a_loop
from tests.smtp_sink import Faults, Sink

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


@pytest.fixture
def sink():
    with Sink() as started:
        yield started


async def hand_over(sink, url=None, *, tls_context=None, timeout=10.0):
    """Hand over one letter and hang up."""
    feeder = Feeding("ada")
    relay = replace(parse_url(url or sink.url), timeout=timeout)
    connection = await connect(relay, feeder, tls_context=tls_context)
    await feeder.is_idle.wait()
    connection.close()
    await feeder.is_gone.wait()
    return feeder


async def refused(sink, url=None, *, timeout=10.0):
    """Fail to open a connection; say why, as RelayUnavailable does."""
    with pytest.raises(RelayUnavailable) as raised:
        await hand_over(sink, url, timeout=timeout)
    return raised.value


@asynccontextmanager
async def saying(*replies):
    """A server that answers whatever is said with one reply after the other; gives its URL and what it heard."""
    heard, talks = [], []

    async def talk(reader, writer):
        talks.append(asyncio.current_task())
        for reply in replies:
            writer.write(reply)
            heard.append(await reader.read(1000))
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}", heard
        await asyncio.gather(*talks)


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_relay_with_tls_and_a_password_is_used(server_tls, trusting_tls, scheme, new_loop):
    with Sink(tls=server_tls, implicit_tls=scheme == "smtps", login=("user", "p@ss")) as sink:
        url = f"{scheme}://user:p%40ss@127.0.0.1:{sink.port}"
        with asyncio.Runner(loop_factory=new_loop) as runner:
            feeder = runner.run(hand_over(sink, url, tls_context=trusting_tls))

        assert feeder.fates == {"ada": "settled"}
        assert [message.encrypted for message in sink.messages] == [True]


@on_a_loop
async def test_tls_is_used_where_the_relay_offers_it(server_tls):
    with Sink(tls=server_tls) as sink:
        await hand_over(sink)

        assert [message.encrypted for message in sink.messages] == [True]


@on_a_loop
async def test_tls_that_is_not_wanted_is_not_used(server_tls):
    with Sink(tls=server_tls) as sink:
        await hand_over(sink, f"{sink.url}?tls=none")

        assert [message.encrypted for message in sink.messages] == [False]


@pytest.mark.parametrize("implicit", [False, True])
@on_a_loop
async def test_a_certificate_nobody_vouches_for_is_refused(server_tls, implicit):
    with Sink(tls=server_tls, implicit_tls=implicit) as sink:
        trouble = await refused(sink, sink.url if implicit else f"{sink.url}?tls=starttls")

        assert "shows a certificate that can't be trusted" in str(trouble)
        assert sink.messages == []


@on_a_loop
async def test_a_relay_that_does_not_speak_tls_is_named(sink):
    trouble = await refused(sink, f"smtps://127.0.0.1:{sink.port}")

    assert str(trouble).endswith("doesn't agree on TLS.")


@on_a_loop
async def test_a_relay_without_tls_never_gets_the_password(sink):
    trouble = await refused(sink, f"smtp://user:secret@127.0.0.1:{sink.port}")

    assert "lacks what its URL asks for (STARTTLS" in str(trouble)


@on_a_loop
async def test_what_is_said_in_the_clear_behind_starttls_is_not_believed():
    greeting = (b"220 Hi\r\n", b"250-Hi\r\n250 STARTTLS\r\n")
    async with saying(*greeting, b"220 Go on\r\n250-Injected\r\n250 AUTH PLAIN\r\n") as (url, heard):
        trouble = await refused(None, f"{url}?tls=starttls")

    assert "closed the connection" in str(trouble)
    assert heard[-1] == b""


@pytest.mark.parametrize(
    ("offer", "heard_of_it"),
    [
        (b"AUTH PLAIN LOGIN", [b"AUTH PLAIN AHVzZXIAcEBzcw==\r\n"]),
        (b"auth login", [b"AUTH LOGIN\r\n", b"dXNlcg==\r\n", b"cEBzcw==\r\n"]),
    ],
)
@on_a_loop
async def test_the_password_is_said_as_the_relay_takes_it(offer, heard_of_it):
    prompts = [b"334 go on\r\n"] * (len(heard_of_it) - 1)
    async with saying(b"220 Hi\r\n", b"250-Hi\r\n250 " + offer + b"\r\n", *prompts, b"235 In\r\n") as (url, heard):
        relay = parse_url(url.replace("//", "//user:p%40ss@") + "?tls=none")
        connection = await connect(relay, Feeding())
        connection.abort()

    assert heard[1 : 1 + len(heard_of_it)] == heard_of_it


@on_a_loop
async def test_a_relay_with_no_way_to_sign_in_that_we_know_is_named():
    async with saying(b"220 Hi\r\n", b"250-Hi\r\n250 AUTH GSSAPI\r\n") as (url, heard):
        trouble = await refused(None, url.replace("//", "//user:secret@") + "?tls=none")

    assert "lacks what its URL asks for (no way to sign in that we know)" in str(trouble)
    assert len(heard) == 2


@on_a_loop
async def test_a_wrong_password_is_named_and_not_shown():
    with Sink(login=("user", "right")) as sink:
        trouble = await refused(sink, f"smtp://user:wrong@127.0.0.1:{sink.port}?tls=none")

    assert "refuses the user name or password (535 " in str(trouble)
    assert "wrong" not in str(trouble)


@on_a_loop
async def test_a_relay_that_wants_a_password_says_so():
    with Sink(login=("user", "right")) as sink:
        feeder = await hand_over(sink)

    assert feeder.fates == {"ada": "unsent"}
    assert "refuses the user name or password (530 " in str(feeder.trouble("gone"))


@on_a_loop
async def test_a_relay_that_is_not_there_is_named_in_words(sink):
    sink.stop()

    trouble = await refused(sink)

    assert str(trouble) == f"The mail relay 127.0.0.1:{sink.port} refuses connections."
    assert not trouble.maybe_sent


@on_a_loop
async def test_a_relay_at_several_addresses_that_is_at_none_is_named_in_words(sink, monkeypatch):
    sink.stop()
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, sink.port)) for host in ("127.0.0.1", "127.0.0.2")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: both)

    trouble = await refused(sink, "smtp://several.test")

    assert "can't be reached (Multiple exceptions: " in str(trouble)


@on_a_loop
async def test_a_host_that_does_not_exist_is_named_in_words(sink, monkeypatch):
    def unknown(*args, **kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    trouble = await refused(sink, "smtp://nowhere.test")

    assert str(trouble) == "The mail relay nowhere.test:25 can't be found by that name."


@pytest.mark.parametrize(
    ("faults", "words", "hung_up"),
    [
        (Faults(refuse_connections=True), "turns us away (421 4.3.2 Not now).", True),
        (Faults(close_at_connect=True), "closed the connection.", True),
        (Faults(stall_at="banner"), "didn't answer within 0.1 seconds.", False),
    ],
)
@on_a_loop
async def test_a_relay_that_does_not_greet_is_named_in_words(sink, faults, words, hung_up):
    sink.faults = faults

    trouble = await refused(sink, timeout=0.1)

    assert str(trouble) == f"The mail relay 127.0.0.1:{sink.port} {words}"
    assert trouble.hung_up is hung_up


@pytest.mark.parametrize(
    ("greeting", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "turns us away"),
        (b"554 5.7.1 Go away\r\n", "turns us away (554 5.7.1 Go away)"),
        (b"2" * 70_000, "no end"),
        (b"220-more\r\n" * 200, "no end"),
    ],
)
@on_a_loop
async def test_something_that_is_not_a_relay_is_trouble(greeting, words):
    async with saying(greeting) as (url, _):
        trouble = await refused(None, url)

    assert words in str(trouble)


@on_a_loop
async def test_an_attempt_that_is_given_up_leaves_no_connection(sink):
    sink.faults.stall_at = "banner"
    attempt = asyncio.ensure_future(hand_over(sink))
    while not sink.transports:
        await asyncio.sleep(0.01)

    attempt.cancel()
    await asyncio.wait([attempt])

    assert attempt.cancelled()
    assert len(asyncio.all_tasks()) == 1

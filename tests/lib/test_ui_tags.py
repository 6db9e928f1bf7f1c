"""The small pieces of pages: what they say, and that what people typed stays text in them."""

import datetime
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone

from lib.templatetags import ui

NOON = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def render(source: str, **context: object) -> str:
    return Template(source).render(Context(context)).strip()


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (764, 12_338, "6.2%"),
        (1, 10_000, "< 0.1%"),
        (0, 50, "0%"),
        (50, 50, "100%"),
        (9_999, 10_000, "> 99.9%"),
        (0, 0, "–"),
        (3, None, "–"),
    ],
)
def test_a_rate_is_never_rounded_to_none_or_all(part, whole, said):
    assert ui.rate(part, whole) == said


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(seconds=-20), "in a moment"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=-12, seconds=-5), "in 12 minutes"),
        (timedelta(hours=3), "3 hours ago"),
        (timedelta(hours=14), "yesterday, 22:00"),
        (timedelta(hours=-26), "tomorrow, 14:00"),
        (timedelta(days=3), "19 Nov"),
        (timedelta(days=400), "18 Oct 2025"),
    ],
)
def test_a_moment_is_told_as_people_say_it(before, said):
    with timezone.override(UTC):
        assert ui.relatively(NOON - before, now=NOON) == said


def test_a_minute_before_midnight_is_still_minutes_ago_after_it():
    midnight = datetime.datetime(2026, 11, 22, tzinfo=UTC)

    said = ui.relatively(midnight - timedelta(minutes=1), now=midnight + timedelta(minutes=1))

    assert said == "2 minutes ago"


def test_yesterday_is_the_readers_yesterday():
    with timezone.override(ZoneInfo("Europe/Berlin")):
        said = ui.relatively(NOON - timedelta(hours=12, minutes=30), now=NOON)

    assert said == "12 hours ago"


def test_the_exact_time_names_the_readers_zone():
    with timezone.override(ZoneInfo("Europe/Berlin")):
        drawn = ui.ago(NOON)

    assert 'title="22 Nov 2026, 13:00 CET"' in drawn
    assert 'datetime="2026-11-22T12:00:00+00:00"' in drawn
    assert "data-ago" in drawn


def test_an_absolute_time_shows_its_zone_and_stays_as_it_is():
    with timezone.override(ZoneInfo("Europe/Berlin")):
        drawn = ui.ago(NOON, absolute=True)

    assert ">22 Nov 2026, 13:00 CET</time>" in drawn
    assert "data-ago" not in drawn


def test_no_moment_is_a_dash_that_is_read_as_none():
    assert ui.ago(None) == '<span aria-label="none">–</span>'


@pytest.mark.parametrize("status", ui.PILLS)
def test_every_pill_has_a_tone_an_icon_and_a_word(status):
    drawn = ui.pill(status)

    assert f'class="pill {ui.PILLS[status][0]}"' in drawn
    assert "<svg" in drawn
    assert f'<span class="word">{status.capitalize()}</span>' in drawn


def test_a_pill_says_what_it_is_told_to_as_text():
    drawn = ui.pill("sending", label="<b>43%</b>")

    assert "&lt;b&gt;43%&lt;/b&gt;" in drawn


def test_a_status_nobody_has_heard_of_still_gets_a_pill():
    assert '<span class="word">Odd</span>' in ui.pill("odd")


def test_a_list_points_at_icons_drawn_once():
    page = render('{% icon_sprite "check" "minus" %}{% use_icon "check" 12 %}{% pill "subscribed" sprite=True %}')

    assert page.count('<symbol id="icon-check"') == 1
    assert page.count('<use href="#icon-check"/>') == 2
    assert page.count("<path") == 2


def test_the_pills_sprite_holds_every_icon_a_pill_may_point_at():
    sprite = ui.pill_sprite()

    assert all(f'id="icon-{name}"' in sprite for _tone, name in ui.PILLS.values())


def test_icons_are_not_read_aloud():
    assert 'aria-hidden="true"' in ui.icon("users")
    assert 'aria-hidden="true"' in ui.use_icon("users")


@pytest.mark.parametrize(
    ("text", "initials"),
    [("Ada Okafor", "AO"), ("jonas.lindqvist@fabrikam.example", "JL"), ("billing@x.test", "B"), ("", "?")],
)
def test_an_avatar_shows_initials(text, initials):
    assert f">{initials}</span>" in ui.avatar(text)


def test_initials_are_text_whatever_the_name_is():
    assert "&lt;" in ui.avatar("<script>")


def test_a_progress_bar_writes_plain_numbers():
    bar = render('{% progress_bar done whole "Sending" %}', done=1_250, whole=12_338)

    assert 'value="1250" max="12338"' in bar


def test_a_progress_bar_of_an_unknown_whole_has_no_value():
    assert "value" not in ui.progress_bar(0, None, "Counting")


def test_a_panel_and_an_empty_state_keep_their_content_and_escape_their_title():
    panel = render("{% panel title %}<p>{{ text }}</p>{% endpanel %}", title="A & B", text="1 < 2")
    empty = render('{% empty_state "users" title %}<p>Why.</p>{% endempty_state %}', title="A & B")

    assert "<h2>A &amp; B</h2>" in panel
    assert "<p>1 &lt; 2</p>" in panel
    assert "<h2>A &amp; B</h2>" in empty
    assert "<p>Why.</p>" in empty

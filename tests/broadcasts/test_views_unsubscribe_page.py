"""Settings > Unsubscribe page: choosing how it looks, and seeing that beforehand."""

import base64
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse

from teams import logos
from teams.models import LARGEST_LOGO, UnsubscribePage
from tests.pictures import picture

pytestmark = pytest.mark.django_db
STANDARD = {"background": "#f7f6f4", "text_colour": "#1c1e24", "accent": "#1c1e24"}
GREEN = {"background": "#0d3b2e", "text_colour": "#f2efe4", "accent": "#e8b04a"}
PALE = {"background": "#ffffff", "text_colour": "#aaaaaa", "accent": "#000000"}


@pytest.fixture
def address(team):
    return reverse("settings:unsubscribe_page", args=[team.slug])


@pytest.fixture
def frame(team):
    return reverse("settings:unsubscribe_page_preview", args=[team.slug])


def filled_in(**changes):
    return {"title": "", "text": "", **STANDARD, **changes}


def upload(content=None, name="logo.png", kind="image/png"):
    return SimpleUploadedFile(name, picture("PNG") if content is None else content, kind)


def page_of(team) -> UnsubscribePage:
    return UnsubscribePage.objects.get(team=team)


def test_an_admin_changes_words_colours_and_logo(as_alice, team, address):
    text = "Twice a month.\r\n\r\nNo hard feelings."
    answer = as_alice.post(address, filled_in(title=" Leaving? ", text=text, logo=upload(), **GREEN), follow=True)

    page = page_of(team)
    assert "Saved. Recipients see it from now on" in answer.text
    assert (page.title, page.text) == ("Leaving?", "Twice a month.\n\nNo hard feelings.")
    assert (page.background, page.text_colour, page.accent) == tuple(GREEN.values())
    assert (page.logo_width, page.logo_height) == (60, 40)
    assert 'value="Leaving?"' in answer.text
    assert 'value="#0d3b2e"' in answer.text


def test_saving_again_keeps_the_logo_unless_told_otherwise(as_alice, team, address):
    as_alice.post(address, filled_in(logo=upload()))
    as_alice.post(address, filled_in(title="Leaving?"))
    kept = page_of(team).logo_digest

    as_alice.post(address, filled_in(title="Leaving?", remove_logo="on"))

    assert kept
    assert (page_of(team).logo_digest, bytes(page_of(team).logo)) == ("", b"")
    assert page_of(team).title == "Leaving?"


def test_a_new_logo_wins_over_the_wish_to_remove_the_old_one(as_alice, team, address):
    as_alice.post(address, filled_in(logo=upload()))

    as_alice.post(address, filled_in(logo=upload(picture("PNG", size=(10, 10))), remove_logo="on"))

    assert page_of(team).logo_width == 10


@pytest.mark.parametrize("chosen", [STANDARD, {**GREEN, "standard_colours": "on"}])
def test_the_standard_colours_are_none(as_alice, team, address, chosen):
    as_alice.post(address, filled_in(**GREEN))

    as_alice.post(address, filled_in(**chosen))

    assert page_of(team).palette is None


def test_one_colour_of_ones_own_fixes_all_three(as_alice, team, address):
    as_alice.post(address, filled_in(accent="#B00020"))

    page = page_of(team)
    assert (page.background, page.text_colour, page.accent) == ("#f7f6f4", "#1c1e24", "#b00020")


def test_text_that_is_hard_to_read_is_refused_with_its_contrast_and_nothing_typed_is_lost(as_alice, address):
    answer = as_alice.post(address, filled_in(title="Leaving?", **PALE))

    assert answer.status_code == 422
    assert "On this background the text has a contrast of 2.32:1" in answer.text
    assert "2.32:1" in answer.text.split('id="contrast-check"')[1]
    assert 'value="Leaving?"' in answer.text
    assert 'value="#aaaaaa"' in answer.text
    assert not UnsubscribePage.objects.exists()


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("background", ""),
        ("background", "red"),
        ("accent", "#fff"),
        ("accent", "#12345g"),
        ("text_colour", "#000000;}body{display:none"),
        ("text_colour", "\x00"),
        ("title", "x" * 81),
        ("text", "\x00"),
        ("text", "x" * 601),
    ],
)
def test_nonsense_is_refused_beside_its_field(as_alice, address, field, typed):
    answer = as_alice.post(address, filled_in(**{field: typed}))

    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.text
    assert not UnsubscribePage.objects.exists()


def test_a_line_break_counts_as_the_browser_counts_it(as_alice, team, address):
    text = "x" * 299 + "\r\n" + "x" * 300

    as_alice.post(address, filled_in(text=text))

    assert len(page_of(team).text) == 600


def test_a_title_stays_on_one_line(as_alice, team, address):
    as_alice.post(address, filled_in(title="Leaving\r\nalready?"))

    assert page_of(team).title == "Leaving already?"


@pytest.mark.parametrize(
    ("content", "name", "kind", "said"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "logo.svg", "image/svg+xml", "can be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "logo.png", "image/png", "can be read"),
        (b"<script>alert(1)</script>", "logo.png", "image/png", "can be read"),
        (b"", "logo.png", "image/png", "empty"),
        (picture("PNG")[:60], "logo.png", "image/png", "can be read"),
        (bytes(logos.LARGEST_FILE + 1), "logo.png", "image/png", "larger than 2 MB"),
    ],
)
def test_a_file_that_is_no_logo_is_refused_beside_its_field(as_alice, address, content, name, kind, said):
    answer = as_alice.post(address, filled_in(title="Leaving?", logo=upload(content, name, kind)))

    assert answer.status_code == 422
    assert said in answer.text.split('id="id_logo_error"')[1].split("</div>")[0]
    assert 'value="Leaving?"' in answer.text
    assert not UnsubscribePage.objects.exists()


def test_a_wrong_ending_does_no_harm(as_alice, team, address):
    as_alice.post(address, filled_in(logo=upload(picture("GIF"), "logo.exe", "application/octet-stream")))

    assert page_of(team).logo_width == 60


def test_a_file_that_was_dropped_on_its_way_is_not_taken_for_none(as_alice, address, settings):
    settings.IMPORT_MAX_BYTES = 1000

    answer = as_alice.post(address, filled_in(logo=upload(bytes(2000))))

    assert answer.status_code == 422
    assert "larger than 2 MB" in answer.text


def test_a_member_sees_how_it_looks_but_changes_nothing(as_bob, team, address, frame):
    UnsubscribePage.objects.create(team=team, title="Leaving?")

    page = as_bob.get(address)

    assert "Only admins can change this." in page.text
    assert 'value="Leaving?"' in page.text
    assert 'type="file"' not in page.text
    assert "Leaving?" in as_bob.get(frame).text
    for path in (address, frame, f"{address}reset/"):
        assert as_bob.post(path, filled_in(title="Mine")).status_code == 403
    assert page_of(team).title == "Leaving?"


def test_resetting_asks_and_takes_everything_back(as_alice, team, address):
    as_alice.post(address, filled_in(title="Leaving?", logo=upload(), **GREEN))

    question = as_alice.get(f"{address}reset/")
    still_there = UnsubscribePage.objects.exists()
    answer = as_alice.post(f"{address}reset/", follow=True)

    assert "colours and logo go" in question.text
    assert still_there
    assert not UnsubscribePage.objects.exists()
    assert "looks as it came" in answer.text
    assert f'href="{address}reset/"' not in answer.text


def test_resetting_twice_is_fine(as_alice, address):
    assert as_alice.post(f"{address}reset/").url == address


def test_the_preview_shows_what_is_typed_and_saves_nothing(as_alice, frame):
    answer = as_alice.post(frame, filled_in(title="Leaving?", text="One\r\n\r\nTwo", logo=upload(), **GREEN))

    logo = base64.b64decode(re.search(r'src="data:image/webp;base64,([^"]+)"', answer.text)[1])
    assert logo.startswith(b"RIFF")
    for shown in ("<h1>Leaving?</h1>", "<p>One</p>", "<p>Two</p>", "#0d3b2e", "alice@northwind.example", "Northwind"):
        assert shown in answer.text
    assert not UnsubscribePage.objects.exists()


def test_the_preview_shows_the_page_after_the_button_too(as_alice, frame):
    answer = as_alice.post(frame, filled_in(state="done", **GREEN))

    assert "You are unsubscribed" in answer.text
    assert "Undo" in answer.text
    assert "#0d3b2e" in answer.text


def test_the_preview_shows_colours_that_could_not_be_saved(as_alice, frame):
    assert "#aaaaaa" in as_alice.post(frame, filled_in(**PALE)).text


def test_the_preview_keeps_what_holds_where_nonsense_is_typed(as_alice, team, frame):
    UnsubscribePage.objects.create(team=team, title="Leaving?", **GREEN)

    answer = as_alice.post(frame, {"title": "x" * 81, "accent": "red", "background": "#000000"})

    assert answer.status_code == 200
    assert "Leaving?" in answer.text
    assert "--page-button: #e8b04a" in answer.text
    assert "--page-background: #000000" in answer.text


def test_the_preview_is_a_frame_that_runs_and_sends_nothing(as_alice, frame):
    answer = as_alice.get(frame)

    policy = answer["Content-Security-Policy"]
    nonce = re.search(r'<style nonce="([^"]+)"', answer.text)[1]
    assert policy.startswith("sandbox; default-src 'none'")
    assert f"style-src 'nonce-{nonce}'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'self'" in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_contrast_is_told_while_colours_are_chosen(as_alice, address):
    answer = as_alice.get(address, PALE, headers={"HX-Request": "true", "HX-Target": "contrast-check"})

    assert answer.text.lstrip().startswith('<dl class="facts" id="contrast-check">')
    assert "2.32:1" in answer.text
    assert "Too close" in answer.text
    assert "21.00:1" in answer.text


def test_a_button_near_the_background_is_told_to_get_a_line(as_alice, address):
    near = {"background": "#ffffff", "text_colour": "#000000", "accent": "#eeeeee"}

    answer = as_alice.get(address, near, headers={"HX-Request": "true", "HX-Target": "contrast-check"})

    assert "gets a line around it" in answer.text
    assert "Black, which is easier to read here" in answer.text


def test_words_are_shown_as_text(as_alice, frame):
    evil = "<script>alert(1)</script>"

    answer = as_alice.post(frame, filled_in(title=evil, text=evil))

    assert "<script" not in answer.text
    assert answer.text.count("&lt;script&gt;") == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"background": "#ffffff"},
        {"background": "red", "text_colour": "#000000", "accent": "#000000"},
        {"background": "#FFFFFF", "text_colour": "#000000", "accent": "#000000"},
        {"logo": bytes(LARGEST_LOGO + 1)},
    ],
)
def test_the_database_holds_no_half_palette_no_other_text_and_no_large_logo(team, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        UnsubscribePage.objects.create(team=team, **wrong)

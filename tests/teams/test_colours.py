import pytest
from hypothesis import given
from hypothesis import strategies as st

from teams.colours import READABLE, STANDARD, VISIBLE, Palette, contrast

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
palettes = st.builds(Palette, background=colours, text=colours, accent=colours)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.478),
        ("#767676", "#ffffff", 4.542),
        ("#0000ff", "#ffffff", 8.592),
        ("#ff0000", "#ffffff", 3.998),
        ("#123456", "#123456", 1.0),
    ],
)
def test_contrast_is_what_wcag_computes(one, other, ratio):
    assert contrast(one, other) == pytest.approx(ratio, abs=0.001)
    assert contrast(other, one) == contrast(one, other)


@pytest.mark.parametrize(("text", "readable"), [("#767676", True), ("#777777", False)])
def test_text_needs_four_and_a_half(text, readable):
    assert Palette(background="#ffffff", text=text, accent="#000000").readable is readable


def test_a_ratio_is_never_told_as_more_than_it_is():
    assert Palette(background="#ffffff", text="#777777", accent="#000000").text_ratio == "4.47:1"
    assert Palette(background="#ffffff", text="#000000", accent="#000000").text_ratio == "21.00:1"


@given(palettes)
def test_the_label_of_a_button_can_always_be_read(palette):
    assert contrast(palette.label, palette.accent) >= READABLE


@given(palettes)
def test_what_stands_back_can_be_read_whenever_the_text_can(palette):
    assert contrast(palette.soft, palette.background) >= READABLE or not palette.readable


@given(palettes)
def test_a_button_that_would_be_lost_gets_a_line_that_is_seen_whenever_the_text_is(palette):
    assert contrast(palette.edge, palette.background) >= VISIBLE or not palette.readable


@pytest.mark.parametrize(("background", "scheme"), [("#ffffff", "light"), ("#0d3b2e", "dark"), ("#f7f6f4", "light")])
def test_a_browsers_own_parts_go_with_the_background(background, scheme):
    assert Palette(background=background, text="#888888", accent="#000000").scheme == scheme


def test_the_standard_colours_can_be_read():
    assert STANDARD.readable

"""What people upload as a logo, and what becomes of it."""

import io
import struct
import zlib

import pytest
from PIL import Image

from teams import logos
from teams.models import LARGEST_LOGO
from tests.pictures import animated, jpeg_of_scans, noise, picture, png_of_size, webp_of_size


def opened(logo) -> Image.Image:
    return Image.open(io.BytesIO(logo.image))


def saved(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def refusal(content: bytes) -> str:
    with pytest.raises(logos.NoLogo) as refused:
        logos.prepare(io.BytesIO(content))
    return refused.value.message


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_raster_formats_become_webp(kind):
    logo = logos.prepare(io.BytesIO(picture(kind, size=(300, 100))))

    assert opened(logo).format == "WEBP"
    assert (logo.width, logo.height) == opened(logo).size == (300, 100)


@pytest.mark.parametrize(
    ("size", "fitted"), [((2000, 500), (480, 120)), ((500, 2000), (48, 192)), ((20, 10), (20, 10))]
)
def test_a_logo_is_shrunken_to_its_room_and_never_blown_up(size, fitted):
    logo = logos.prepare(io.BytesIO(picture("PNG", size=size)))

    assert (logo.width, logo.height) == fitted


def test_what_is_transparent_stays_so_and_flat_colours_stay_exact():
    image = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    image.paste((30, 110, 90, 255), (0, 0, 20, 40))

    made = opened(logos.prepare(io.BytesIO(saved(image)))).convert("RGBA")

    assert made.getpixel((5, 5)) == (30, 110, 90, 255)
    assert made.getpixel((35, 5))[3] == 0


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGB"])
def test_every_way_of_writing_pixels_is_read(mode):
    assert logos.prepare(io.BytesIO(saved(Image.new(mode, (30, 30))))).width == 30


def test_sixteen_bits_of_grey_stay_grey():
    made = opened(logos.prepare(io.BytesIO(saved(Image.new("I;16", (30, 30), 128 * 256)))))

    assert made.convert("L").getpixel((5, 5)) == 128


def test_a_jpeg_for_print_is_read():
    assert logos.prepare(io.BytesIO(saved(Image.new("CMYK", (30, 30)), "JPEG"))).width == 30


def test_notes_in_a_photo_turn_it_upright_and_are_thrown_away():
    notes = Image.Exif()
    notes[0x0112] = 6  # to be turned by 90 degrees
    notes[0x010E] = "taken at home"
    notes[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0)}
    content = saved(Image.new("RGB", (300, 100)), "JPEG", exif=notes, comment=b"a secret")
    assert b"taken at home" in content

    logo = logos.prepare(io.BytesIO(content))

    assert (logo.width, logo.height) == (64, 192)
    assert not opened(logo).getexif()
    assert not {"exif", "xmp", "icc_profile", "comment"} & opened(logo).info.keys()
    assert b"taken at home" not in logo.image


def test_what_hangs_on_behind_the_picture_is_left_behind():
    logo = logos.prepare(io.BytesIO(picture("PNG") + b"<script>alert(1)</script>"))

    assert b"script" not in logo.image


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_a_moving_picture_the_first_one_stays(kind):
    made = opened(logos.prepare(io.BytesIO(animated(kind))))

    assert getattr(made, "n_frames", 1) == 1
    red, green, blue = made.convert("RGB").getpixel((10, 10))
    assert red > 200
    assert max(green, blue) < 60


def test_photographs_become_small():
    logo = logos.prepare(io.BytesIO(noise("PNG", size=(480, 192))))

    assert len(logo.image) <= LARGEST_LOGO
    assert len(logo.image) < len(noise("PNG", size=(480, 192)))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
        b"%PDF-1.7\n",
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\xff\xff\xff\xffWEBPVP8L",
    ],
)
def test_what_is_no_picture_is_refused(content):
    assert "PNG, JPEG, GIF or WebP" in refusal(content)


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO", "PPM", "TGA", "PCX", "JPEG2000"])
def test_other_formats_are_refused_even_where_a_decoder_is_there(kind):
    assert "PNG, JPEG, GIF or WebP" in refusal(picture(kind))


def test_a_script_for_a_printer_never_meets_an_interpreter():
    assert "PNG, JPEG, GIF or WebP" in refusal(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_file_that_was_cut_off_is_refused(kind):
    content = noise(kind, size=(200, 200))

    assert "can be read" in refusal(content[: len(content) // 2])


@pytest.mark.parametrize(("width", "height"), [(40_000, 40_000), (2_000, 2_001), (10_001, 1), (2**31 - 1, 2**31 - 1)])
def test_a_small_file_that_unpacks_to_a_huge_picture_is_refused_before_it_does(width, height, monkeypatch):
    monkeypatch.setattr(Image.Image, "convert", lambda *_, **__: pytest.fail("it was unpacked"))

    assert "pixels" in refusal(png_of_size(width, height))


def test_so_is_a_moving_picture_on_a_huge_canvas():
    assert "pixels" in refusal(webp_of_size(16_000, 16_000))


def test_a_note_that_unpacks_to_gigabytes_is_refused():
    text = zlib.compress(bytes(80 * 1024 * 1024), 9)
    note = b"zTXt" + b"Comment\0\0" + text
    chunk = struct.pack(">I", len(note) - 4) + note + struct.pack(">I", zlib.crc32(note))
    content = picture("PNG")

    assert "can be read" in refusal(content[:33] + chunk + content[33:])


def test_a_file_that_is_too_large_is_refused_unread():
    assert "larger than 2 MB" in refusal(picture("PNG") + bytes(logos.LARGEST_FILE))


def test_the_same_picture_has_the_same_digest():
    content = picture("PNG")

    first, second = (logos.prepare(io.BytesIO(content)) for _ in range(2))

    assert first.digest == second.digest


def test_a_jpeg_of_very_many_steps_is_not_decoded(monkeypatch):
    """Four hundred kilobytes of them keep a processor busy for the better part of a minute."""
    monkeypatch.setattr(Image.Image, "convert", lambda *_: pytest.fail("It was decoded."))

    assert "too many steps" in refusal(jpeg_of_scans(logos.MOST_SCANS))


def test_a_jpeg_of_some_steps_is_read():
    assert logos.prepare(io.BytesIO(jpeg_of_scans(12))).width == 16
    assert logos.prepare(io.BytesIO(saved(Image.new("RGB", (30, 30)), "JPEG", progressive=True))).width == 30

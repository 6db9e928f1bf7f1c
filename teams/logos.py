"""Uploaded logos, taken apart and written anew: what a browser gets is made here, never what somebody sent.

Nothing of the file but its pixels is kept: no place where a photo was taken, no second meaning for another program.
"""

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from lib.errors import DomainError
from teams.models import LARGEST_LOGO

if TYPE_CHECKING:
    from PIL import Image

# Raster formats with decoders that everybody tests; an SVG is a program.
FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
NAMES = "PNG, JPEG, GIF or WebP"
LARGEST_FILE = 2 * 1024 * 1024
# Unpacked, a pixel takes four bytes three times over, whatever the file weighs.
MOST_PIXELS = 4_000_000
LONGEST_SIDE = 10_000
# A JPEG that comes in steps goes over all its pixels with each. Programs write about ten; a few bytes ask for one.
MOST_SCANS = 64
_SCAN = b"\xff\xda"
# Three times the room on the page, for fine screens.
ROOM = (480, 192)
# Flat colours stay exact while that is cheap; photographs don't need it.
LARGEST_EXACT = 48 * 1024
CONTENT_TYPE = "image/webp"


class NoLogo(DomainError):
    """The file can't become a logo."""

    code = "invalid_logo"
    message = f"This isn’t an image that can be read. Take a {NAMES} file."
    field = "logo"

    @classmethod
    def too_large(cls) -> "NoLogo":
        return cls(f"The file is larger than {LARGEST_FILE // 1024 // 1024} MB. Save it smaller and try again.")


@dataclass(frozen=True)
class Logo:
    """A WebP file of at most `LARGEST_LOGO` bytes that fits into `ROOM`."""

    image: bytes
    width: int
    height: int

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.image).hexdigest()


def prepare(file: BinaryIO) -> Logo:
    """The logo that an uploaded file holds; of a moving one, its first picture. Raises NoLogo."""
    content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise NoLogo.too_large()
    return _encode(_shrunken(content))


def _shrunken(content: bytes) -> "Image.Image":
    # Six megabytes that no other process needs.
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(content), formats=tuple(FORMATS)) as opened:
            _check_size(*opened.size)
            _check_scans(opened, content)
            picture = (_in_eight_bits(opened) if opened.mode.startswith("I") else opened).convert("RGBA")
    except NoLogo:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels() from None
    except Exception:  # Decoders fail on damaged files in every way there is.
        raise NoLogo from None
    # Small before it is copied; turned upright by the note in the file before all notes are thrown away.
    picture.thumbnail((max(ROOM), max(ROOM)), Image.Resampling.LANCZOS)
    picture = ImageOps.exif_transpose(picture)
    picture.thumbnail(ROOM, Image.Resampling.LANCZOS)
    picture.info.clear()
    return picture


def _in_eight_bits(grey: "Image.Image") -> "Image.Image":
    """Sixteen bits of grey as eight; converting alone would cut them off and leave white."""
    return grey.convert("I").point(lambda level: level / 256).convert("L")


def _check_size(width: int, height: int) -> None:
    """Before a single pixel is decoded."""
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise _too_many_pixels(f"is {width:,} × {height:,} pixels")


def _check_scans(opened: "Image.Image", content: bytes) -> None:
    if opened.format in ("JPEG", "MPO") and content.count(_SCAN) > MOST_SCANS:
        raise NoLogo("The image is put together from too many steps. Save it as a PNG and try again.")


def _too_many_pixels(size: str = "has too many pixels") -> NoLogo:
    return NoLogo(f"The image {size}; a logo needs no more than {ROOM[0]} × {ROOM[1]}. Save it smaller and try again.")


def _encode(picture: "Image.Image") -> Logo:
    image = _as_webp(picture, lossless=True)
    if len(image) > LARGEST_EXACT:
        image = _as_webp(picture, quality=85)
    if len(image) > LARGEST_LOGO:
        raise NoLogo("The image is too detailed for a logo. Save it simpler and try again.")
    return Logo(image, *picture.size)


def _as_webp(picture: "Image.Image", **options: bool | int) -> bytes:
    written = io.BytesIO()
    picture.save(written, "WEBP", **options)
    return written.getvalue()

"""Pictures of all kinds, made when a test needs them."""

import io
import random
import struct
import zlib

from PIL import Image

RED, BLUE = (230, 20, 20), (20, 20, 230)


def picture(kind: str, *, size: tuple[int, int] = (60, 40)) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, RED).save(written, kind)
    return written.getvalue()


def noise(kind: str, *, size: tuple[int, int]) -> bytes:
    """What no encoder can make small."""
    written = io.BytesIO()
    content = random.Random(1).randbytes(size[0] * size[1] * 3)  # noqa: S311 - the same each time
    Image.frombytes("RGB", size, content).save(written, kind)
    return written.getvalue()


def animated(kind: str) -> bytes:
    """Red, then blue."""
    written = io.BytesIO()
    frames = [Image.new("RGB", (60, 40), colour) for colour in (RED, BLUE)]
    frames[0].save(written, kind, save_all=True, append_images=frames[1:], duration=100)
    return written.getvalue()


def png_of_size(width: int, height: int) -> bytes:
    """A few bytes that claim to be a picture of this size."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(bytes(1000))
    chunks = (
        struct.pack(">I", len(each) - 4) + each + struct.pack(">I", zlib.crc32(each)) for each in (head, data, b"IEND")
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def webp_of_size(width: int, height: int) -> bytes:
    """A small moving picture that claims to be on a canvas of this size."""
    content = bytearray(animated("WEBP"))
    content[24:30] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(content)

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


def jpeg_of_scans(number: int, *, size: tuple[int, int] = (16, 16)) -> bytes:
    """A grey picture that comes in steps: one that holds it, and so many that add nothing."""

    def segment(kind: int, content: bytes) -> bytes:
        return bytes((0xFF, kind)) + struct.pack(">H", len(content) + 2) + content

    def coded(bits: str) -> bytes:
        padded = bits + "1" * (-len(bits) % 8)
        return int(padded, 2).to_bytes(len(padded) // 8, "big").replace(b"\xff", b"\xff\0")

    width, height = size
    blocks = -(-width // 8) * -(-height // 8)
    one_code = bytes([1, *[0] * 15])
    head = (
        b"\xff\xd8"
        + segment(0xDB, b"\0" + b"\1" * 64)
        + segment(0xC2, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0")
        + segment(0xC4, b"\0" + one_code + b"\0")
        + segment(0xC4, b"\x10" + one_code + b"\0")
    )
    first = segment(0xDA, b"\1\1\0\0\0\0") + coded("0" * blocks)
    nothing_new = segment(0xDA, b"\1\1\0\1\x3f\0") + coded("0" * blocks)
    return head + first + nothing_new * number + b"\xff\xd9"

"""Colours as people choose them, `#rrggbb`, and whether one can be read on another (WCAG 2.2, 1.4.3 and 1.4.11)."""

from dataclasses import dataclass

WRITTEN = r"^#[0-9a-f]{6}$"
# What text needs, and what the edge of a button does.
READABLE = 4.5
VISIBLE = 3.0
BLACK, WHITE = "#000000", "#ffffff"
# How much of the background is in what stands back, the most first.
SHARES = (35, 30, 25, 20, 15, 10, 5)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 (the same) to 21 (black and white)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _told(ratio: float) -> str:
    """A contrast in words; never rounded up, so that 4.49 doesn't read as enough."""
    return f"{int(ratio * 100 + 1e-6) / 100:.2f}:1"


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _parts(colour: str) -> bytes:
    return bytes.fromhex(colour.removeprefix("#"))


def _mixed(colour: str, share: int, other: str) -> str:
    """`colour` with `share` percent of `other` in it."""
    pairs = zip(_parts(colour), _parts(other), strict=True)
    return "#" + bytes(round((mine * (100 - share) + theirs * share) / 100) for mine, theirs in pairs).hex()


@dataclass(frozen=True)
class Palette:
    """The three colours that a team chooses, and those that follow from them so that everything can be read."""

    background: str
    text: str
    accent: str

    @property
    def readable(self) -> bool:
        """Whether text stands out from the background."""
        return contrast(self.text, self.background) >= READABLE

    @property
    def text_ratio(self) -> str:
        return _told(contrast(self.text, self.background))

    @property
    def label_ratio(self) -> str:
        return _told(contrast(self.label, self.accent))

    @property
    def button_ratio(self) -> str:
        return _told(contrast(self.accent, self.background))

    @property
    def label(self) -> str:
        """On a button: white or black, one of which can be read on any colour."""
        return max((WHITE, BLACK), key=lambda each: contrast(each, self.accent))

    @property
    def outlined(self) -> bool:
        """Whether a button would be lost on the background without a line around it."""
        return contrast(self.accent, self.background) < VISIBLE

    @property
    def edge(self) -> str:
        """Around a button."""
        return self.text if self.outlined else self.accent

    @property
    def soft(self) -> str:
        """For what stands back: the text's colour, as near to the background as can still be read."""
        faint = (_mixed(self.text, share, self.background) for share in SHARES)
        return next((each for each in faint if contrast(each, self.background) >= READABLE), self.text)

    @property
    def line(self) -> str:
        """Around the card; an ornament."""
        return _mixed(self.text, 85, self.background)

    @property
    def scheme(self) -> str:
        """Which of a browser's own parts go with it: "light" or "dark"."""
        return "dark" if contrast(WHITE, self.background) > contrast(BLACK, self.background) else "light"


# What the page looks like in a light surrounding until a team chooses.
STANDARD = Palette(background="#f7f6f4", text="#1c1e24", accent="#1c1e24")

"""How a team's unsubscribe page looks: dress it, or let it be as it came."""

from typing import Any

from lib.errors import DomainError
from teams.colours import READABLE, STANDARD, Palette
from teams.logos import Logo
from teams.models import Team, UnsubscribePage


class HardToRead(DomainError):
    """The text wouldn't stand out from the background."""

    code = "contrast_too_low"
    field = "text_colour"

    def __init__(self, palette: Palette) -> None:
        super().__init__(
            f"On this background the text has a contrast of {palette.text_ratio}; to be read by everybody it needs "
            f"{READABLE}:1. Choose colours that are further apart."
        )


def dress(*, team: Team, title: str, text: str, palette: Palette, logo: Logo | None, remove_logo: bool) -> None:
    """Change how the page looks, from the next time it is opened. Raises HardToRead.

    The standard palette stands for none. Without a `logo` the one that is there stays, unless it is to be removed.
    """
    if not palette.readable:
        raise HardToRead(palette)
    looks = dressed(title=title, text=text, palette=palette, logo=logo, remove_logo=remove_logo)
    UnsubscribePage.objects.update_or_create(team=team, defaults=looks)


def dressed(*, title: str, text: str, palette: Palette, logo: Logo | None, remove_logo: bool) -> dict[str, Any]:
    """What a page that looks like this holds, by field; nothing of the logo when that stays."""
    chosen = Palette("", "", "") if palette == STANDARD else palette
    looks: dict[str, Any] = {
        "title": title,
        "text": text,
        "background": chosen.background,
        "text_colour": chosen.text,
        "accent": chosen.accent,
    }
    if logo is not None:
        looks |= {
            "logo": logo.image,
            "logo_digest": logo.digest,
            "logo_width": logo.width,
            "logo_height": logo.height,
        }
    elif remove_logo:
        looks |= {"logo": b"", "logo_digest": "", "logo_width": 0, "logo_height": 0}
    return looks


def reset(team: Team) -> None:
    """Let the page look as it came, without a logo too."""
    UnsubscribePage.objects.filter(team=team).delete()

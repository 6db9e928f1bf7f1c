"""The small pieces pages are made of: icons, pills, times, rates, avatars, panels and empty states."""

import datetime
import functools
import zlib

from django import template
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide

register = template.Library()

NOTHING = "\N{EN DASH}"
AVATAR_TONES = 6

# Every status the product shows, with its tone (a class of pill.css) and its icon: colour alone tells nobody.
PILLS = {
    "subscribed": ("ok", "check"),
    "unsubscribed": ("mute", "minus"),
    "bounced": ("bad", "triangle-alert"),
    "complained": ("warn", "flag"),
    "draft": ("mute", "pencil-line"),
    "scheduled": ("info", "clock"),
    "queued": ("info", "hourglass"),
    "sending": ("info", "send"),
    "paused": ("warn", "pause"),
    "sent": ("ok", "check"),
    "delivered": ("ok", "check-check"),
    "canceled": ("mute", "ban"),
    "failed": ("bad", "circle-x"),
    "skipped": ("mute", "chevrons-right"),
    "held": ("warn", "hand"),
    "uploaded": ("mute", "upload"),
    "mapped": ("mute", "table-2"),
    "reviewed": ("mute", "eye"),
    "importing": ("info", "loader"),
    "done": ("ok", "check"),
    "undone": ("mute", "undo-2"),
    "pending": ("info", "hourglass"),
    "running": ("info", "loader"),
    "ready": ("ok", "check"),
    "expired": ("mute", "clock"),
    "not_started": ("mute", "circle-dashed"),
    "verified": ("ok", "check"),
    "temporary_failure": ("warn", "triangle-alert"),
    "missing": ("bad", "circle-x"),
    "different": ("warn", "triangle-alert"),
    "unanswered": ("mute", "circle-question-mark"),
}
UNKNOWN_PILL = ("mute", "circle")


@register.simple_tag
@functools.lru_cache(maxsize=256)
def icon(name: str, size: int = 16) -> SafeString:
    """A decorative icon, `size` pixels square."""
    return mark_safe(lucide(str(name), size=size, aria_hidden="true"))  # noqa: S308 - drawn by the icon library


@register.simple_tag
def icon_sprite(*names: str) -> SafeString:
    """Icons drawn once per page, for `use_icon` to point at: a long list stays small."""
    symbols = format_html_join("", '<symbol id="icon-{}" viewBox="0 0 24 24">{}</symbol>', _drawings(names))
    return format_html('<svg hidden aria-hidden="true">{}</svg>', symbols)


@register.simple_tag
def pill_sprite() -> SafeString:
    """The sprite of every icon that a pill may show."""
    return icon_sprite(*sorted({name for _tone, name in [*PILLS.values(), UNKNOWN_PILL]}))


@register.simple_tag
@functools.lru_cache(maxsize=256)
def use_icon(name: str, size: int = 16) -> SafeString:
    """An icon of the page's sprite, `size` pixels square."""
    return format_html(
        '<svg class="i" width="{0}" height="{0}" aria-hidden="true"><use href="#icon-{1}"/></svg>', size, name
    )


@register.simple_tag
def pill(status: str, label: str = "", *, sprite: bool = False) -> SafeString:
    """A status as icon and word; `sprite` takes the icon from the page's sprite."""
    tone, name = PILLS.get(str(status), UNKNOWN_PILL)
    draw = use_icon if sprite else icon
    word = label or str(status).capitalize()
    return format_html('<span class="pill {}">{}<span class="word">{}</span></span>', tone, draw(name, 12), word)


@register.simple_tag
def ago(moment: datetime.datetime | None, *, absolute: bool = False) -> SafeString:
    """A moment as people say it, its exact time and zone in the tooltip; or the other way round."""
    if moment is None:
        return format_html('<span aria-label="none">{}</span>', NOTHING)
    exact, spoken = exactly(moment), relatively(moment, now=timezone.now())
    shown, title, live = (exact, spoken, "") if absolute else (spoken, exact, mark_safe(" data-ago"))
    return format_html(
        '<time datetime="{}" title="{}"{}>{}</time>', moment.isoformat(timespec="seconds"), title, live, shown
    )


@register.simple_tag
def avatar(text: str) -> SafeString:
    """The initials of a name or an address, in a tone that stays the same for the same text."""
    words = str(text).partition("@")[0].replace(".", " ").replace("_", " ").replace("-", " ").split()
    initials = "".join(word[0] for word in words[:2]).upper() or "?"
    tone = zlib.crc32(str(text).encode()) % AVATAR_TONES
    return format_html('<span class="avatar a{}" aria-hidden="true">{}</span>', tone, initials)


@register.simple_tag
def rate(part: int | None, whole: int | None) -> str:
    """`part` of `whole` in percent with one decimal; never rounded to none or all when it is neither."""
    if not whole or part is None:
        return NOTHING
    if part in (0, whole):
        return f"{100 * part // whole}%"
    percent = 100 * part / whole
    if percent < 0.1:
        return "< 0.1%"
    return "> 99.9%" if 99.9 < percent < 100 else f"{percent:.1f}%"


@register.simple_tag
def progress_bar(value: int | None, whole: int | None, label: str) -> SafeString:
    """A bar at `value` of `whole`; one that only moves while the whole is unknown."""
    known = format_html(' value="{}" max="{}"', value or 0, whole) if whole else ""
    return format_html('<progress class="bar" aria-label="{}"{}></progress>', label, known)


@register.simple_block_tag
def panel(content: str, title: str) -> SafeString:
    """A titled card."""
    return render_to_string("_panel.html", {"content": content, "title": title})


@register.simple_block_tag
def empty_state(content: str, icon_name: str, title: str) -> SafeString:
    """What a list says while it has nothing to show: why, and what to do."""
    return render_to_string("_empty_state.html", {"content": content, "icon_name": icon_name, "title": title})


def exactly(moment: datetime.datetime) -> str:
    """A moment with its zone: "22 Nov 2026, 20:14 CET"."""
    return date_format(timezone.localtime(moment), "j M Y, H:i T")


def relatively(moment: datetime.datetime, *, now: datetime.datetime) -> str:
    """A moment as seen from `now`: "2 minutes ago", "in 3 hours", "yesterday, 17:02", "19 Nov 2025"."""
    local, today = timezone.localtime(moment), timezone.localtime(now).date()
    seconds = (now - moment).total_seconds()
    if abs(seconds) < 60:
        return "just now" if seconds >= 0 else "in a moment"
    days = (local.date() - today).days
    if abs(seconds) < 3600 or days == 0:
        return _distance(abs(seconds), past=seconds > 0)
    if days in (-1, 1):
        return f"{'yesterday' if days < 0 else 'tomorrow'}, {date_format(local, 'H:i')}"
    return date_format(local, "j M" if local.year == today.year else "j M Y")


def _distance(seconds: float, *, past: bool) -> str:
    count, unit = (int(seconds // 60), "minute") if seconds < 3600 else (int(seconds // 3600), "hour")
    words = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{words} ago" if past else f"in {words}"


def _drawings(names: tuple[str, ...]) -> list[tuple[str, SafeString]]:
    return [(name, _inside(icon(name))) for name in names]


def _inside(svg: str) -> SafeString:
    """The shapes of an icon without its `<svg>` element, on one line."""
    shapes = svg[svg.index(">") + 1 : svg.rindex("</svg>")]
    return mark_safe("".join(line.strip() for line in shapes.splitlines()))  # noqa: S308 - drawn by the icon library

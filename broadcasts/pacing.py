"""How hard to press a relay: fewer connections when it asks for less, more again when it has been well for a while."""

from mail.replies import About, Outcome, Reply

# How long nothing is taken ill after a cut, because answers to what was under way still come in; how long all must
# have been well before there may be more; both in seconds.
SETTLE, RECOVER = 1.0, 5.0
FIRST_REST, LONGEST_REST = 1.0, 60.0
# Of the last `WINDOW` decisions, so many refused for now mean the relay rather than the recipients.
WINDOW, TOO_MANY = 40, 20
# Enhanced codes, after the leading 4, by which a relay speaks of itself or of us, not of a mailbox.
ABOUT_US = frozenset({"3.1", "3.2", "4.2", "4.5", "5.3", "7.0", "7.1", "7.28"})


class Pace:
    """At most `most` connections; times are in seconds of any steady clock."""

    def __init__(self, most: int) -> None:
        self.most = most
        # How many the relay turned out to bear; None while it never asked for less.
        self._bearable: int | None = None
        self.rest_until = 0.0
        self._rest = FIRST_REST
        self._changed_at = float("-inf")
        self._recent = bytearray()

    @property
    def limit(self) -> int:
        """How many there may be now."""
        return self.most if self._bearable is None else min(self.most, self._bearable)

    def allow(self, most: int) -> None:
        """Change how many there may be at all; what was learned stays."""
        self.most = most

    def decided(self, reply: Reply, now: float) -> None:
        """Learn from what the relay decided on a message."""
        is_temporary = reply.outcome is Outcome.TEMPORARY
        self._recent.append(is_temporary)
        if is_temporary and (_is_about_us(reply) or self._is_mostly_refused()):
            self.pushed_back(now)
            return
        if len(self._recent) > 2 * WINDOW:
            del self._recent[:-WINDOW]
        if not is_temporary and self.limit < self.most and now - self._changed_at > RECOVER:
            more = self.limit + max(1, self.limit // 4)
            self._bearable = more if more < self.most else None
            self._rest = FIRST_REST
            self._changed_at = now

    def pushed_back(self, now: float) -> None:
        """The relay asks for less: half the connections; with one left, rests that grow."""
        if now - self._changed_at < SETTLE:
            return
        if self.limit == 1:
            self.rest_until = now + self._rest
            self._rest = min(2 * self._rest, LONGEST_REST)
        self._bearable = max(1, self.limit // 2)
        self._changed_at = now
        self._recent.clear()

    def _is_mostly_refused(self) -> bool:
        return sum(self._recent[-WINDOW:]) >= TOO_MANY


def _is_about_us(reply: Reply) -> bool:
    return reply.about is About.SENDER or reply.enhanced[2:] in ABOUT_US

"""Leave to send, which a drain reserves from its transport ahead of need and spends message by message."""

from collections import deque

from broadcasts.throttling import Grant, Limits


class Permits:
    """What is reserved and not spent; times are in seconds of the loop's clock. Without limits everything may leave."""

    def __init__(self, limits: Limits, *, connections: int) -> None:
        self.size = limits.reservation(connections)
        self._is_limited = limits.any
        self._gap = 1.0 / limits.per_second if limits.per_second else 0.0
        # Reservations in order, each as how many are left of it and when the next of these may leave.
        self._granted: deque[tuple[int, float]] = deque()
        self._again_at = 0.0

    @property
    def left(self) -> int:
        return sum(number for number, _ in self._granted)

    def allow(self, now: float) -> bool:
        """Whether a message may leave now."""
        return not self._is_limited or (bool(self._granted) and self._granted[0][1] <= now)

    def spend(self) -> None:
        """A message leaves."""
        if self._granted:
            number, at = self._granted.popleft()
            if number > 1:
                self._granted.appendleft((number - 1, at + self._gap))

    def unspend(self) -> None:
        """A message that was to leave didn't."""
        if self._is_limited:
            self._granted.appendleft((1, 0.0))

    @property
    def holds_any(self) -> bool:
        """Whether a message may leave, now or soon, without reserving more."""
        return not self._is_limited or bool(self._granted)

    def refused_for(self, now: float) -> float:
        """For how many seconds there is nothing to be had; 0 while something is held or may be asked for."""
        return 0.0 if self.holds_any else max(0.0, self._again_at - now)

    def wanted(self, now: float) -> bool:
        """Whether to reserve again."""
        return self._is_limited and now >= self._again_at and self.left <= self.size // 2

    def add(self, grant: Grant, now: float) -> None:
        if grant.number:
            self._granted.append((grant.number, now + grant.starts_in))
        else:
            self._again_at = now + max(grant.again_in, 1.0)

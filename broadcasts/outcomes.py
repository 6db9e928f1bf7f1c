"""What the gate's byte of an e-mail says: how far a sender has come with it since the chunk was last folded."""

from enum import IntEnum


class Code(IntEnum):
    """One byte per e-mail in `chunk.out`; `fold_chunk.sql` turns each into the ledger's status.

    IN_FLIGHT: its message may be on its way to the relay. UNANSWERED: it went out whole, but the answer was lost.
    BAD_ADDRESS is a bounce that suppresses the address. DEFERRED and UNANSWERED are tried again later.
    """

    NOT_TRIED = 0
    IN_FLIGHT = 1
    SENT = 2
    BOUNCED = 3
    BAD_ADDRESS = 4
    DEFERRED = 5
    UNANSWERED = 6
    SKIPPED = 7
    FAILED = 8

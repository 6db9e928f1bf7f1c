"""From a prepared content to one recipient's envelope and message."""

from dataclasses import dataclass
from datetime import datetime

from mail.composing import Prepared, Recipient


@dataclass(slots=True)
class Filled:
    envelope_from: str
    to: str
    envelope: bytes
    data: bytes

    def message(self) -> bytes:
        return self.data


@dataclass(slots=True)
class Compiled:
    prepared: Prepared

    def fill(self, recipient: Recipient, *, at: datetime) -> Filled:
        made = self.prepared.render(recipient, at=at)
        envelope = f"MAIL FROM:<{made.envelope_from}>\r\nRCPT TO:<{made.to}>\r\nDATA\r\n".encode()
        return Filled(made.envelope_from, made.to, envelope, made.data.replace(b"\n.", b"\n.."))


def compiled(prepared: Prepared) -> Compiled:
    return Compiled(prepared)

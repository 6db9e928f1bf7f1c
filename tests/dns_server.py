"""A name server on this machine: answers over UDP what a test puts into it, and can fail or keep silent."""

import socket
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

SILENT = "silent"
FAILING = "failing"


class NameServer:
    """`texts` holds the TXT records by name, `zones` the names that have an SOA; a name in `troubles` has one."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.zones: set[str] = set()
        self.troubles: dict[str, str] = {}
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "NameServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join(5)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            data, client = self._socket.recvfrom(4096)
            if not data:
                return
            answer = self._answer(dns.message.from_wire(data))
            if answer is not None:
                self._socket.sendto(answer.to_wire(max_size=65535), client)

    def _answer(self, query: dns.message.Message) -> dns.message.Message | None:
        [question] = query.question
        name = question.name.to_text(omit_final_dot=True).lower()
        self.asked.append(name)
        trouble = self.troubles.get(name)
        if trouble == SILENT:
            return None
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if trouble == FAILING:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif question.rdtype == dns.rdatatype.TXT and self.texts.get(name):
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", "TXT", *map(_quoted, self.texts[name])))
        elif question.rdtype == dns.rdatatype.SOA and name in self.zones:
            soa = "ns.example. admin.example. 1 60 60 60 60"
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", "SOA", soa))
        elif not any(known == name or known.endswith(f".{name}") for known in [*self.texts, *self.zones]):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer


def _quoted(text: str) -> str:
    """A text as strings of 255 bytes, as a zone file writes them."""
    escaped = [f"\\{octet:03d}" for octet in text.encode()]
    return " ".join(f'"{"".join(escaped[at : at + 255])}"' for at in range(0, len(escaped), 255))

"""Telling programs that look at mail on their own from people; in doubt it was a person.

A visit tells by what it says of itself whether it `is_one`; what only its time tells is judged when it is counted.
"""

import re
from collections.abc import Mapping
from datetime import timedelta

# Nobody clicks so soon after a message was sent. The ledger may know that moment by so much too late.
AT_ONCE, LEDGER_LAGS = timedelta(seconds=1), timedelta(seconds=3)
# Nor does anybody follow so many links of one message within this time.
WALK, WALK_WITHIN = 3, timedelta(seconds=5)
# After this, all that belongs together has come in. For as long, a repeated visit is taken for the same.
SETTLED_AFTER = timedelta(seconds=10)

# Programs that name themselves: previews in chats, scanners of mail gateways, libraries of scripts. Pictures that
# Gmail, Yahoo and Apple load are loaded through their servers for a person, so those aren't here; nor are libraries
# that mail programs use, such as okhttp and CFNetwork. CUBOT makes telephones.
_NAMES = re.compile(
    r"""(?<!cu)bot\b | crawler | spider | scanner | link.?check | headless | phantomjs | existence\ discovery
        | preview | facebookexternal | whatsapp | embedly
        | barracuda | proofpoint | mimecast | symantec | messagelabs | ironport | ciscosecure | forcepoint | fortimail
        | sophos | fireeye | trend\ ?micro | \btmes\b | mcafee | kaspersky | bitdefender | zscaler | cloudmark
        | urlscan | virustotal | python-(requests|urllib)
        | ^(curl|wget|python|java|ruby|perl|php|go-http-client|node|axios|libwww|apache-httpclient|jetty|aiohttp
           |httpx)\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
# How browsers say that they load a page in case somebody will want it.
_AHEAD = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
_IN_ADVANCE = re.compile(r"prefetch|preview|prerender", re.IGNORECASE)


def is_one(headers: Mapping[str, str]) -> bool:
    """Whether a visit with these headers is a program's own; one that doesn't say what it is, is one."""
    name = headers.get("User-Agent", "").strip()
    is_ahead = any(_IN_ADVANCE.search(headers.get(header, "")) for header in _AHEAD)
    return is_ahead or not name or _NAMES.search(name) is not None

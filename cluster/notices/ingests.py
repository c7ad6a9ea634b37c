"""What an ingest's log says of refused rows."""

import re
from collections import Counter

_REFUSED = re.compile(r"^ +refused (\d[\d,]*): (.+)$", re.MULTILINE)


def refusals(log: str) -> dict[str, int]:
    """Rows put into quarantine, by reason; empty where the log has no report of an ingest."""
    found: Counter[str] = Counter()
    for count, reason in _REFUSED.findall(log):
        # A document in PostgreSQL can't hold a zero byte, and a log may.
        found[reason.replace("\0", "")] += int(count.replace(",", ""))
    return dict(found)

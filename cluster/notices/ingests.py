"""What an ingest's log says of refused rows."""

import re
from collections import Counter

_REFUSED = re.compile(r"^ +refused ([\d,]+): (.+)$", re.MULTILINE)


def refusals(log: str) -> dict[str, int]:
    """Rows put into quarantine, by reason; empty where the log has no report of an ingest."""
    found: Counter[str] = Counter()
    for count, reason in _REFUSED.findall(log):
        found[reason] += int(count.replace(",", ""))
    return dict(found)

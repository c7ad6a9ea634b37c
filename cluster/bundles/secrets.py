"""What looks like a secret in a file: where it stands and what it is, never the thing itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

# The forms are those that the issuers document; a line that only names a variable matches none.
_PATTERNS: Final = {
    "a private key": rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",
    "an AWS access key": rb"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b",
    "an AWS secret key": rb"(?i)aws_?secret_?access_?key[\"']?\s*[=:]\s*[\"']?[A-Za-z0-9/+]{40}\b",
    "a Google API key": rb"\bAIza[0-9A-Za-z_-]{35}",
    "a Google OAuth secret": rb"\bGOCSPX-[0-9A-Za-z_-]{28}",
    "a GitHub token": rb"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{36})",
    "a Slack token": rb"\bx(?:ox[abeoprs]|app)-[A-Za-z0-9-]{10}",
    "a Slack webhook": rb"hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/]{16}",
}
_COMPILED: Final = {what: re.compile(pattern) for what, pattern in _PATTERNS.items()}
_ENV: Final = re.compile(
    r"\.env(\..+)?|.+\.env|\.envrc|\.netrc|\.pypirc|id_(rsa|dsa|ecdsa|ed25519)"
)
_EMPTY_ENV: Final = re.compile(r".*\.(example|sample|template)")


@dataclass(frozen=True)
class Secret:
    """A place in a file, `line` from 1 on, and what seems to stand there."""

    file: str
    line: int
    what: str


def find_secrets(name: str, data: bytes) -> Iterator[Secret]:
    """Every finding in one file: its name alone may be one."""
    last = PurePosixPath(name).name.lower()
    if _ENV.fullmatch(last) and not _EMPTY_ENV.fullmatch(last):
        yield Secret(name, 1, "a file of credentials, by its name")
    for what, pattern in _COMPILED.items():
        for match in pattern.finditer(data):
            yield Secret(name, data.count(b"\n", 0, match.start()) + 1, what)

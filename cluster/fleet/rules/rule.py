"""What a rule is: an id by which people speak of it, and what it finds with reason and remedy."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from cluster.fleet.rules.document import ClusterFile, Place


class Offence(NamedTuple):
    """A place that breaks a rule, and what stands there."""

    place: Place
    what: str


@dataclass(frozen=True)
class Rule:
    """`reason` says what would happen, `remedy` what to do; both hold for each of its offences."""

    id: str
    reason: str
    remedy: str
    check: Callable[[ClusterFile], Iterator[Offence]]


@dataclass(frozen=True)
class Finding:
    """An offence as people read it."""

    rule: str
    file: str
    line: int
    place: str
    what: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}: {self.what}: {self.reason}; {self.remedy}"


def findings(rules: tuple[Rule, ...], file: ClusterFile) -> list[Finding]:
    """What those rules find, by line."""
    found = [
        Finding(
            rule=rule.id,
            file=str(file.path),
            line=file.line(offence.place),
            place=".".join(map(str, offence.place)),
            what=offence.what,
            reason=rule.reason,
            remedy=rule.remedy,
        )
        for rule in rules
        for offence in rule.check(file)
    ]
    return sorted(found, key=lambda finding: (finding.line, finding.rule, finding.place))

"""What the account lacks that a file names: the machines could not be bought, one by one."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from cluster.errors import BadInput
from cluster.fleet.machines.account import Account, family
from cluster.fleet.machines.catalogue import machine
from cluster.fleet.rules.document import ClusterFile, Place
from cluster.fleet.rules.rule import Offence, Rule

_FIELD: Final = "node_config"


def account_rules(account: Account) -> tuple[Rule, ...]:
    """Each asks AWS as it is checked, which may raise PlatformError."""
    return (
        Rule(
            "not-there",
            "the first node of it would be refused",
            "render the file again with what Terraform put out last as --ground",
            lambda file: _absent(file, account),
        ),
        Rule(
            "not-offered",
            "AWS sells no such machine there, and asks for another one each time",
            "give the pool another machine, or its subnets another zone",
            lambda file: _unsold(file, account),
        ),
        Rule(
            "quota-short",
            "what is above it is refused, however long one waits",
            "have it raised in AWS's Service Quotas, or lower max_nodes in the source",
            lambda file: _beyond(file, account),
        ),
    )


def _absent(file: ClusterFile, account: Account) -> Iterator[Offence]:
    asked: tuple[tuple[str, Callable[[set[str]], Collection[str]]], ...] = (
        ("ImageId", account.images),
        ("SubnetIds", lambda ids: account.zones(ids).keys()),
        ("SecurityGroupIds", account.groups),
        ("KeyName", account.keys),
        ("IamInstanceProfile", lambda arns: {arn for arn in arns if account.has_profile(arn)}),
    )
    for field, there in asked:
        named = dict(_named(file, field))
        wanted = {value for values in named.values() for value in values}
        missing = wanted - set(there(wanted)) if wanted else set()
        for place, values in named.items():
            for value in values:
                if value in missing:
                    yield Offence(place, f"{field} {value} is not in this account and region")


def _unsold(file: ClusterFile, account: Account) -> Iterator[Offence]:
    entries = [(place, name, entry.get(_FIELD) or {}) for place, name, entry in file.types()]
    subnets = {subnet for _, _, config in entries for subnet in config.get("SubnetIds", ())}
    kinds = {str(config["InstanceType"]) for _, _, config in entries if "InstanceType" in config}
    if not subnets or not kinds:
        return  # `no-subnet` and `unknown-machine` say so
    zones, sold = account.zones(subnets), account.offered(kinds)
    for place, name, config in entries:
        kind = str(config.get("InstanceType", ""))
        for subnet in config.get("SubnetIds", ()):
            zone = zones.get(subnet)
            if zone is not None and zone not in sold.get(kind, ()):
                yield Offence((*place, _FIELD), f"{name}: {kind} is not sold in {zone}")


def _beyond(file: ClusterFile, account: Account) -> Iterator[Offence]:
    least, most = Counter[tuple[str, bool]](), Counter[tuple[str, bool]]()
    places = defaultdict[tuple[str, bool], list[Place]](list)
    for place, name, entry in file.types():
        config = entry.get(_FIELD) or {}
        kind = str(config.get("InstanceType", ""))
        try:
            vcpus = machine(kind).vcpus
        except BadInput:
            continue  # `unknown-machine` says so
        counted = family(kind), "InstanceMarketOptions" in config
        head = name == file.head_type
        least[counted] += vcpus * (1 if head else int(entry.get("min_workers", 0)))
        most[counted] += vcpus * (1 if head else int(entry.get("max_workers", 0)))
        places[counted].append((*place, "max_workers"))
    for counted, found in places.items():
        held = account.quota(counted[0], spot=counted[1])
        if held < most[counted]:
            yield Offence(found[-1], _short(counted, held, least[counted], most[counted]))


def _short(counted: tuple[str, bool], held: float, least: int, most: int) -> str:
    market = "spot" if counted[1] else "on demand"
    told = f"{counted[0]} {market}: {most} vCPUs at most, the quota is {held:g}"
    return f"{told}, below the {least} that always run" if held < least else told


def _named(file: ClusterFile, field: str) -> Iterator[tuple[Place, tuple[str, ...]]]:
    for place, _, entry in file.types():
        config: Mapping[str, Any] = entry.get(_FIELD) or {}
        value = config.get(field)
        if isinstance(value, Mapping):
            value = value.get("Arn") or value.get("Name")
        if value:
            yield (*place, _FIELD, field), (value,) if isinstance(value, str) else tuple(value)

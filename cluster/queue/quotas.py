"""Quotas: what each user may have running at once, has, and has free; and how operators set them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from cluster.errors import BadInput
from cluster.queue import store
from cluster.queue.overview import Overview, Share, overview
from cluster.queue.rules.limits import EVERYBODY, Quota, quota_of
from cluster.settings import Settings
from cluster.stores.postgres import connect

_NONE: Final = Quota(None, None, None)
_LONGEST = 128  # of a user's name, as in tokens


@dataclass(frozen=True)
class Amount:
    """Of jobs, CPUs or GPUs. No limit and what is free then are None."""

    limit: float | None
    used: float
    free: float | None


@dataclass(frozen=True)
class Usage:
    """A user's amounts. `own` is False where the quota of everybody (`*`) is what counts.

    `*` itself stands for nobody in particular and uses nothing.
    """

    user_id: str
    own: bool
    running: Amount
    cpus: Amount
    gpus: Amount


def usages(settings: Settings) -> list[Usage]:
    """Everybody's quota, each quota of a user's own, and each user who has jobs, by name."""
    seen = overview(settings)
    names = {EVERYBODY, *seen.quotas, *(share.user_id for share in seen.shares)}
    return [_usage(name, seen) for name in sorted(names)]


def usage(settings: Settings, user_id: str) -> Usage:
    """That of one user, whether they have jobs or not."""
    return _usage(user_id, overview(settings))


def change(settings: Settings, user_id: str, limits: Mapping[str, Any]) -> None:
    """Set some of `running`, `cpus` and `gpus`; None is no limit. The others stay what they were for this user.

    Only who has the owner role of the database may. What runs goes on; jobs that wait for the quota
    are looked at again within the loop's next turn. Raises BadInput for a name that no user can have.
    """
    _require_name(user_id)
    with connect(settings, "owner") as connection:
        so_far = quota_of(store.read_quotas(connection), user_id) or _NONE
        store.write_quota(connection, user_id, replace(so_far, **limits))


def remove(settings: Settings, user_id: str) -> bool:
    """Take a user's own quota away, so that everybody's counts; False where they had none."""
    if user_id == EVERYBODY:
        raise BadInput(f"{EVERYBODY} is everybody's quota: set its limits to none instead")
    with connect(settings, "owner") as connection:
        return store.remove_quota(connection, user_id)


def _usage(user_id: str, seen: Overview) -> Usage:
    quota = quota_of(seen.quotas, user_id) or _NONE
    mine = [share for share in seen.shares if share.user_id == user_id]
    return Usage(
        user_id,
        user_id in seen.quotas,
        running=_amount(quota.running, sum(share.submitting + share.running for share in mine)),
        cpus=_amount(quota.cpus, _sum(mine, "cpus")),
        gpus=_amount(quota.gpus, _sum(mine, "gpus")),
    )


def _amount(limit: float | None, used: float) -> Amount:
    return Amount(limit, used, None if limit is None else max(0, round(limit - used, 6)))


def _sum(shares: Sequence[Share], name: str) -> float:
    return float(round(sum(getattr(share, name) for share in shares), 6))


def _require_name(user_id: str) -> None:
    if not user_id or len(user_id) > _LONGEST or not user_id.isprintable():
        raise BadInput(f"USER: expected 1 to {_LONGEST} printable characters")

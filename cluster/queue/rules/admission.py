"""Which queued jobs start now, and why each other one waits. Pure: no clock, no store, no Ray.

The rules, in this order:

1. A job whose deadline has passed expires; one whose dependency ended without success fails.
2. Priority classes are strict: nothing of a lower class starts while a higher one can.
3. Within a class the user who uses the least goes first, then whose last start was the longest ago
   (so that users take turns where there is room for one), then who came first; within a user the
   order is that of arrival.
4. No more jobs run than may at once, and none starts that would cost more than is left of the day's
   budget, where there is one.
5. Nobody overtakes: once a job of a user waits for their quota, their later ones wait behind it; once
   one waits for room in a pool, everything later in that pool does; once one waits for the budget,
   everything later that costs anything does. So a big job is not starved by small ones. Only a job
   that could never start as things stand lets others pass.
6. Who has waited for PATIENCE since their last start goes first in their class, with one job: one that
   runs on and on does not keep its user's next one behind the small ones of all others for ever.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from cluster.fleet.pools import JOINS_WITHIN
from cluster.queue.rules.budget import never as never_paid
from cluster.queue.rules.budget import too_little
from cluster.queue.rules.limits import Holder, PoolNodes, Quota, Together, beyond, quota_of
from cluster.queue.rules.machines import Machines
from cluster.queue.rules.size import Size, counted, exceeds, size
from cluster.queue.rules.states import JobState

PATIENCE: Final = timedelta(minutes=15)
_CLASSES: Final = ("high", "normal", "low")
_NAMED = 3  # jobs that a reason names before it says "…"


class Demand(Size, Protocol):
    """What admission reads of a job; `number` is its place in the order of arrival."""

    @property
    def id(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def user_id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def submission_id(self) -> str | None: ...
    @property
    def pool(self) -> str: ...
    @property
    def priority(self) -> str: ...
    @property
    def deadline(self) -> datetime | None: ...
    @property
    def depends_on(self) -> list[str]: ...
    @property
    def queued_at(self) -> datetime: ...


@dataclass
class AdmissionPlan:
    """Ids to start, in this order, and a reason for each job that expires, fails or waits.

    `awaits`: for which node one that starts waits in Ray, where its pool grows and has no room now.
    """

    start: list[str] = field(default_factory=list)
    awaits: dict[str, str] = field(default_factory=dict)
    expire: dict[str, str] = field(default_factory=dict)
    fail: dict[str, str] = field(default_factory=dict)
    wait: dict[str, str] = field(default_factory=dict)


def plan(
    queued: Iterable[Demand],
    active: Collection[Demand],
    *,
    quotas: Mapping[str, Quota],
    pools: Mapping[str, PoolNodes],
    states: Mapping[str, JobState],
    served: Mapping[str, datetime],
    now: datetime,
    together: Together | None = None,
    holders: Collection[Holder] = (),
) -> AdmissionPlan:
    """The decision at one moment; the same input in any order gives the same plan.

    `states` has the state of every job that a queued one depends on, `served` when each user's last
    job was started, where that is known; `together` limits what all users have, if anything does;
    `holders` are the replicas and drivers that Ray has placed.
    """
    made = AdmissionPlan()
    ready = [job for job in sorted(queued, key=_number) if _is_ready(job, made, states, now)]
    in_order: list[Demand] = sorted(active, key=_number)
    machines = Machines(pools, holders, in_order)
    room = _Room(active, quotas, machines, served, together=together or Together(), now=now)
    for name in _CLASSES:
        _admit([job for job in ready if job.priority == name], room, made)
    return made


def _is_ready(
    job: Demand, made: AdmissionPlan, states: Mapping[str, JobState], now: datetime
) -> bool:
    """Whether nothing but room is in its way; what is, is written into the plan."""
    if job.deadline is not None and job.deadline <= now:
        made.expire[job.id] = f"did not start by its deadline {job.deadline:%Y-%m-%d %H:%M:%S} UTC"
        return False
    # A need had to exist when the job came: one whose row is gone can't succeed any more.
    ends = {need: states.get(need, "failed") for need in job.depends_on}
    for need, state in ends.items():
        if state in {"failed", "cancelled", "expired"}:
            made.fail[job.id] = f"depends on {need}, which {_became(state)}"
            return False
    open_ = [f"{need} ({state})" for need, state in ends.items() if state != "succeeded"]
    if open_:
        made.wait[job.id] = f"depends on {_names(open_)}"
    return not open_


def _became(state: JobState) -> str:
    return "failed" if state == "failed" else f"was {state}" if state == "cancelled" else state


def _admit(jobs: Sequence[Demand], room: "_Room", made: AdmissionPlan) -> None:
    """One class: the neediest user's oldest job, again and again."""
    lines: dict[str, list[Demand]] = defaultdict(list)
    # Reversed, so that a user's oldest job is the one that `pop` takes from the end.
    for job in reversed(jobs):
        lines[job.user_id].append(job)
    while lines:
        user = min(lines, key=lambda name: room.need(name, lines[name][-1]))
        job = lines[user].pop()
        if not lines[user]:
            del lines[user]
        node = room.awaited(job)
        why = room.take(job)
        if why is None:
            made.start.append(job.id)
            if node:
                made.awaits[job.id] = node
        else:
            made.wait[job.id] = why


class _Room:
    """What is used and what is free, while a plan is made."""

    def __init__(
        self,
        active: Collection[Demand],
        quotas: Mapping[str, Quota],
        machines: Machines,
        served: Mapping[str, datetime],
        *,
        together: Together,
        now: datetime,
    ) -> None:
        self._now = now
        self._most = together.jobs
        self._budget = together.budget
        self._bound = together.bound
        self._running = 0
        self._dollars_behind = ""
        self._served = dict(served)
        self._quotas = quotas
        self._machines = machines
        self._of_user: dict[str, list[Demand]] = defaultdict(list)
        self._of_pool: dict[str, list[Demand]] = defaultdict(list)
        self._users_behind: dict[str, str] = {}
        self._pools_behind: dict[str, str] = {}
        for job in sorted(active, key=_number):
            self._use(job)

    def need(self, user: str, head: Demand) -> tuple[float, float, int, float, int]:
        """The least goes first: CPUs in use, GPUs in use, jobs, the last start, then the oldest job.

        Before all, with less than nothing, who has waited for PATIENCE: the longest wait first.
        """
        served = self._served.get(user)
        since = head.queued_at if served is None else max(served, head.queued_at)
        if self._now - since >= PATIENCE:
            return (-1.0, 0.0, 0, since.timestamp(), head.number)
        mine, last = self._of_user[user], served.timestamp() if served else 0.0
        return (_sum(mine, "cpus"), _sum(mine, "gpus"), len(mine), last, head.number)

    def take(self, job: Demand) -> str | None:
        """Start the job, or say why it waits."""
        why = self._refusal(job)
        if why is None:
            self._use(job)
            self._machines.place(job)
            self._bound += self._cost(job)
            self._served[job.user_id] = self._now
        return why

    def awaited(self, job: Demand) -> str:
        """The node that Ray has to add for the job; "" where there is room, or none is added."""
        if not self._machines.grows(job.pool) or self._machines.has_room(job):
            return ""
        minutes = JOINS_WITHIN // timedelta(minutes=1)
        return (
            f"pool {job.pool} has no {size(job)} free; a further node mostly joins within {minutes} "
            "minutes (`trii cluster status` says what the cloud refuses)"
        )

    def _refusal(self, job: Demand) -> str | None:
        quota = quota_of(self._quotas, job.user_id)
        # First of all: what can never start must not hold up the user's later jobs.
        if quota is not None and (
            never := beyond(quota, job.user_id, cpus=job.cpus, gpus=job.gpus)
        ):
            return never
        if self._budget is not None and (unpayable := never_paid(self._budget, job)):
            return unpayable
        if first := self._users_behind.get(job.user_id):
            return f"behind {first}, which waits for the quota of {job.user_id}"
        if quota is not None and (why := self._over(job, quota)):
            self._users_behind[job.user_id] = job.id
            return why
        if self._most is not None and self._running >= self._most:
            return f"{self._running} jobs run, as many as may at once (TRII_JOBS_AT_ONCE)"
        return self._no_dollars(job) or self._no_room(job)

    def _no_dollars(self, job: Demand) -> str | None:
        cost = self._cost(job)
        if self._budget is None or not cost:
            return None
        if self._dollars_behind:
            return f"behind {self._dollars_behind}, which waits for the budget"
        if not exceeds(self._bound + cost, self._budget.usd_per_day):
            return None
        self._dollars_behind = job.id
        return too_little(self._budget, job)

    def _cost(self, job: Demand) -> float:
        return self._budget.cost(job) if self._budget else 0.0

    def _over(self, job: Demand, quota: Quota) -> str | None:
        """Which limit the job would break, and whose end makes room."""
        mine = self._of_user[job.user_id]
        free = f"free when {_names([other.id for other in mine], 'or')} ends"
        if quota.running is not None and len(mine) + 1 > quota.running:
            return f"quota: {job.user_id} runs {len(mine)} of {quota.running} jobs; {free}"
        for name, limit in (("cpus", quota.cpus), ("gpus", quota.gpus)):
            used, asked = _sum(mine, name), getattr(job, name)
            if limit is not None and exceeds(used + asked, limit):
                of = counted(limit, name[:-1].upper())
                return (
                    f"quota: {job.user_id} uses {used:g} of {of} and the job asks for "
                    f"{asked:g}; {free}"
                )
        return None

    def _no_room(self, job: Demand) -> str | None:
        if self._machines.grows(job.pool):
            return None
        if never := self._machines.never(job):
            return never
        if first := self._pools_behind.get(job.pool):
            return f"behind {first}, which waits for room in pool {job.pool}"
        if self._machines.has_room(job):
            return None
        self._pools_behind[job.pool] = job.id
        others = _names([other.id for other in self._of_pool[job.pool]], "or")
        return f"pool {job.pool} has no {size(job)} free before {others} ends"

    def _use(self, job: Demand) -> None:
        self._running += 1
        self._of_user[job.user_id].append(job)
        self._of_pool[job.pool].append(job)


def _sum(jobs: Iterable[Demand], name: str) -> float:
    # Rounded, or two users of equal use would differ by the order in which it was added up.
    return float(round(sum(getattr(job, name) for job in jobs), 6))


def _names(names: Sequence[str], word: str = "and") -> str:
    shown = [*names[:_NAMED], *(["another"] if len(names) > _NAMED else [])]
    return f" {word} ".join(shown) if shown else "another"


def _number(job: Demand) -> int:
    return job.number

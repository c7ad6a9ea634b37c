"""What moves the queue: it reads the open jobs, what Ray says of them, and does what follows.

In that order, so that whatever Ray had taken before is listed. Every write is one guarded statement
in a transaction that first makes sure of the lease. `submitting` is written before Ray is asked, so
that a loop killed at any point leaves a row that says what to ask.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from cluster.control.loop import TakeTurn, Term
from cluster.fleet.ray_api import RayAway
from cluster.logs import get_logger
from cluster.queue import spending, store
from cluster.queue.drivers import Drivers
from cluster.queue.keeper import Keeper
from cluster.queue.ray_jobs import NotNow, RayJobs, RayRefused
from cluster.queue.rules.admission import AdmissionPlan, plan
from cluster.queue.rules.job import Job, RayJob
from cluster.queue.rules.limits import PoolNodes
from cluster.queue.rules.states import ACTIVE, OPEN, JobState
from cluster.queue.rules.steps import CANCELLED, Step, next_step

# How often Ray is asked where no job of ours is open, and asked again to stop one.
_LOOK: Final = timedelta(seconds=15)
_STOP_AGAIN: Final = timedelta(seconds=10)


@contextmanager
def moving(term: Term) -> Iterator[TakeTurn]:
    """The queue's loop."""
    with RayJobs(term.settings) as ray:
        yield Mover(term, ray).turn


class Mover:
    """Keeps in mind, from turn to turn, what it asked of Ray and who was served when."""

    def __init__(self, term: Term, ray: RayJobs) -> None:
        self._settings = term.settings
        self._connection = term.connection
        self._ray = ray
        self._lease = term.lease
        self._clock = term.clock
        self._fenced = term.fenced
        self._keeper = Keeper(term.settings, ray, term.clock)
        self._drivers = Drivers(term.settings, ray, term.clock)
        self._asked: dict[str, datetime] = {}
        self._silent: set[str] = set()
        self._served: dict[str, datetime] = {}
        self._away = False
        self._looked: datetime | None = None

    def turn(self) -> bool:
        """One look at everything, and what follows; whether any job is open, so that the next is near."""
        # The rows before Ray: whatever an earlier leader handed over is in Ray's list by then.
        with self._fenced():
            jobs = store.find_jobs(self._connection, states=OPEN)
        # With nothing open Ray is asked now and then all the same, for strays of a leader that was slow.
        if not jobs and self._looked is not None and self._clock() - self._looked < _LOOK:
            return False
        self._looked = self._clock()  # before it is asked: a Ray that is away is no busy loop
        try:
            self._follow(jobs)
            self._told(away=False)
        except RayAway as exc:
            self._told(away=True, why=str(exc))
        return bool(jobs)

    def _follow(self, jobs: list[Job]) -> None:
        """The active jobs first: what ends makes room."""
        # Jobs first: should another cluster come up in between, what the older one did not know counts
        # as lost with it, and never as not handed over yet.
        seen = self._ray.jobs()
        session = self._ray.session()
        active = [job for job in jobs if job.state in ACTIVE]
        self._see_served(active)
        for job in active:
            told = seen.get(job.submission_id or "")
            with self._alone(job.id):
                mine = self._drivers.seen(job, told, session=session)
                self._act(job, next_step(job, mine, session=session), session)
        self._stop_strays(active, seen)
        if any(job.state == "queued" for job in jobs):
            self._admit(session)

    def _see_served(self, active: list[Job]) -> None:
        """When each user's last job was started. A new loop knows it of those that are active."""
        for job in active:
            if job.submitting_at is not None:
                last = self._served.get(job.user_id, job.submitting_at)
                self._served[job.user_id] = max(last, job.submitting_at)

    def _act(self, job: Job, step: Step, session: str) -> None:
        if step.action == "submit":
            self._hand_over(job, session)
        elif step.action == "run":
            with self._fenced():
                store.move(
                    self._connection, job, "running", now=self._clock(), fence=self._lease.token
                )
                # It runs, so it was handed over, also where the leader that did it died before it
                # could write that down.
                now = self._clock()
                store.note_attempt(
                    self._connection, job, session=job.session, submitted_at=now, running_at=now
                )
        elif step.action == "stop":
            self._cancel(job)
        elif step.to is not None:
            self._settle(job, step)
        elif job.state == "running":
            self._keeper.snapshot(job)

    def _cancel(self, job: Job) -> None:
        """Ray stops what runs. What waits for room in it is over at once: it can't begin any more."""
        if job.state == "submitting" and self._drivers.never_begins(job):
            self._settle(job, Step("end", "cancelled", CANCELLED))
        self._stop(job.submission_id or job.id)
        self._drivers.stop(job)

    def _settle(self, job: Job, step: Step) -> None:
        """Keep the log, then say how the attempt ended: an ended job's log is there."""
        if step.to is None:
            return
        # Outside the transaction: a log of a gigabyte must not hold the lease's row.
        self._keeper.keep(job, aside=step.action == "again")
        now = self._clock()
        with self._fenced():
            moved = store.move(
                self._connection,
                job,
                step.to,
                now=now,
                reason=step.reason,
                fence=self._lease.token,
            )
            if moved:
                store.note_attempt(
                    self._connection,
                    job,
                    session=job.session,
                    ended_at=now,
                    outcome=step.reason or step.to,
                )
        self._keeper.forget(job)
        get_logger().info("job settled", job=job.id, state=step.to, reason=step.reason)

    def _admit(self, session: str) -> None:
        """Read anew what the steps above have changed, plan, and carry it out."""
        # Ray is asked before the transaction begins: nobody waits for a network while a row is locked.
        growing, holders = self._settings.pools_that_grow, self._ray.holders()
        pools = {
            name: PoolNodes(nodes, name in growing) for name, nodes in self._ray.nodes().items()
        }
        with self._fenced():
            jobs = store.find_jobs(self._connection, states=OPEN)
            queued = [job for job in jobs if job.state == "queued"]
            needs = {need for job in queued for need in job.depends_on}
            made = plan(
                queued,
                [job for job in jobs if job.state in ACTIVE],
                quotas=store.read_quotas(self._connection),
                pools=pools,
                holders=holders,
                # What is depended on has mostly ended, so it is not among the open ones.
                states={j.id: j.state for j in store.find_jobs(self._connection, ids=needs)},
                served=self._served,
                now=self._clock(),
                together=spending.together(self._connection, self._settings, now=self._clock()),
            )
            self._write_down(made, {job.id: job for job in queued})
        # Each start in a transaction of its own: one that Ray does not answer undoes no other.
        for job_id in made.start:
            with self._alone(job_id):
                self._start(job_id, session, made.awaits.get(job_id, ""))

    def _write_down(self, made: AdmissionPlan, queued: Mapping[str, Job]) -> None:
        """Everything of the plan but the starts."""
        token, now = self._lease.token, self._clock()
        for job_id, reason in made.wait.items():
            # Only what is news: each write wakes whoever follows the job.
            if queued[job_id].reason != reason:
                store.explain(self._connection, queued[job_id], reason, fence=token)
        ends_by: dict[JobState, dict[str, str]] = {"expired": made.expire, "failed": made.fail}
        for to, ends in ends_by.items():
            for job_id, reason in ends.items():
                store.move(
                    self._connection, queued[job_id], to, now=now, reason=reason, fence=token
                )

    def _start(self, job_id: str, session: str, reason: str) -> None:
        with self._fenced():
            job = store.get_job(self._connection, job_id)
            if job is None or job.state != "queued":  # cancelled at this very moment
                return
            begun = store.begin_attempt(
                self._connection,
                job,
                session=session,
                fence=self._lease.token,
                now=self._clock(),
                reason=reason,
            )
            # Read again: the row has the attempt by now, and the id that Ray is asked with.
            job = store.get_job(self._connection, job_id)
        if begun and job is not None:
            self._hand_over(job, session)

    def _hand_over(self, job: Job, session: str) -> None:
        """Ask Ray to run the attempt whose row says `submitting`; asking twice does nothing."""
        name = job.submission_id or job.id
        # Which cluster is asked is written before it is: should this process die now, a later leader can
        # tell a request that may have arrived from one that went to a cluster that is gone.
        with self._fenced():
            store.note_attempt(self._connection, job, session=session)
        # Before Ray is asked: the driver may write there as soon as it begins.
        self._keeper.make_folder(job)
        try:
            self._ray.submit(job, name)
        except RayRefused as exc:
            # Left in `submitting`, it would be handed over again at every turn.
            self._settle(job, Step("end", "failed", str(exc)))
            return
        except RayAway as exc:
            # It never got the request, for certain: the job may be handed over again, resumable or not.
            if not exc.sent:
                with self._fenced():
                    store.note_attempt(self._connection, job, session=None)
            # Where it was sent, the session stays: Ray's own list tells at the next turn.
            raise
        with self._fenced():
            store.note_attempt(self._connection, job, session=session, submitted_at=self._clock())

    def _stop_strays(self, active: list[Job], seen: Mapping[str, RayJob]) -> None:
        """Stop what carries our mark and no open job stands for: handed over by a loop too late."""
        names = {job.submission_id for job in active}
        for name, job in seen.items():
            if job.job_id and job.status in {"PENDING", "RUNNING"} and name not in names:
                get_logger().warning("stray attempt", submission_id=name)
                with self._alone(name):
                    self._stop(name)

    def _stop(self, name: str) -> None:
        """Ask Ray to stop an attempt; again after a while, should Ray have forgotten."""
        last, now = self._asked.get(name), self._clock()
        if last is not None and now - last < _STOP_AGAIN:
            return
        self._make_sure()
        self._ray.stop(name)
        # Only now: a request that Ray did not answer is repeated at the next turn.
        self._asked[name] = now

    def _make_sure(self) -> None:
        """Ray can't check a fence: the lease is made sure of just before it is told anything."""
        with self._fenced():
            pass

    @contextmanager
    def _alone(self, job_id: str) -> Iterator[None]:
        """What Ray does not answer for one job keeps no other waiting; nobody there ends the turn."""
        try:
            yield
            self._silent.discard(job_id)
        except RayAway as exc:
            own = isinstance(exc, NotNow)
            if not exc.sent and not own:
                raise
            # Said once: a job that Ray stays silent about would fill the log at each turn.
            if job_id not in self._silent:
                why = "not handed over" if own else "Ray gave no answer"
                get_logger().warning(why, job=job_id, error=str(exc))
            self._silent.add(job_id)

    def _told(self, *, away: bool, why: str = "") -> None:
        if away != self._away:
            get_logger().warning("jobs: Ray is away" if away else "jobs: Ray is back", why=why)
        self._away = away

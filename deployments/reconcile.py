"""The loop that brings Serve where the control truth is, and repairs what drifts from it."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import orjson

from cluster.control.loop import TakeTurn, Term
from cluster.desired import store as desired
from cluster.desired.store import Reached, Stage
from cluster.errors import ConfigError, PlatformError
from cluster.logs import get_logger
from deployments import serve_rest
from deployments.render import render
from deployments.serve_rest import ServeRefused, ServeReport

# What Serve took and does not report as such is a fault of ours or somebody else at work: not at
# every turn.
_PUT_AGAIN: Final = timedelta(seconds=15)
_NO_REASON: Final = "For further information visit"  # the last line of pydantic's errors
_BAD: Final = frozenset({"DEPLOY_FAILED", "UNHEALTHY"})


@dataclass(frozen=True)
class Wanted:
    """The whole document of an epoch."""

    epoch: int
    document: dict[str, Any]

    @property
    def digest(self) -> str:
        """Of the document: the same epoch renders otherwise once `serve.yaml` has changed."""
        return hashlib.sha256(orjson.dumps(self.document, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True)
class Decision:
    """Whether to hand the document over, and what to say of the epoch."""

    put: bool
    reached: Reached


def decide(wanted: Wanted, tried: Reached | None, report: ServeReport) -> Decision:
    """What follows from what is wanted, what was said last, and what Serve reports."""
    now = Reached(wanted.epoch, wanted.digest, "moving", "handing the configuration to Serve")
    here = tried if tried and (tried.epoch, tried.digest) == (now.epoch, now.digest) else None
    apart, failed = differing(wanted.document, report), failures(wanted.document, report)
    # A new epoch goes to Serve also where it has the same options and has given up on them.
    if here is None and (apart or failed):
        return Decision(put=True, reached=now)
    if apart and here is not None and here.state == "refused":
        # Once per epoch: it would be refused, or fail, again. So nothing that is lost meanwhile comes
        # back before the next epoch, which the next `trii up` makes.
        return Decision(put=False, reached=here)
    if apart:
        return Decision(put=True, reached=replace(now, reason=f"repairing {', '.join(apart)}"))
    if failed:
        # What ran once and ails now is Serve's to heal, and the epoch stays reached.
        ran = here is not None and here.state == "reached"
        return _told(now, "reached" if ran else "refused", failed)
    # Nothing is apart here, so Serve reports each of them.
    names = [application["name"] for application in wanted.document["applications"]]
    running = [name for name in names if report[name]["status"] == "RUNNING"]
    news = f"{len(running)} of {len(names)} applications run"
    return _told(now, "reached" if running == names else "moving", news)


def _told(now: Reached, state: Stage, reason: str) -> Decision:
    return Decision(put=False, reached=replace(now, state=state, reason=reason))


def differing(document: Mapping[str, Any], report: ServeReport) -> list[str]:
    """Applications that Serve lacks, has otherwise or too many, by name."""
    kept = {"logging_config": document["logging_config"]}  # as Serve notes it for each
    wanted = {entry["name"]: {**kept, **entry} for entry in document["applications"]}
    there = {name: state.get("deployed_app_config") for name, state in report.items()}
    # What is on its way out is not told again: that would hand over the document at every turn.
    leaving = {name for name, state in report.items() if state["status"] == "DELETING"}
    odd = [name for name, config in wanted.items() if there.get(name) != config]
    return sorted({*odd, *(there.keys() - wanted.keys() - leaving)})


def failures(document: Mapping[str, Any], report: ServeReport) -> str:
    """Why applications do not run, or nothing."""
    names = (application["name"] for application in document["applications"])
    bad = [name for name in names if name in report and report[name]["status"] in _BAD]
    return "; ".join(f"application {name} failed: {_reason(report[name])}" for name in bad)


def _reason(state: Mapping[str, Any]) -> str:
    """The last line of Serve's message, or of the deployment that ails: the exception itself."""
    ailing = [d["message"] for d in state["deployments"].values() if d["status"] != "HEALTHY"]
    lines = [line.strip() for line in (" ".join(ailing) or state["message"]).splitlines()]
    said = [line for line in lines if line and not line.startswith(_NO_REASON)]
    return said[-1][:500] if said else state["status"]


@contextmanager
def reconciling(term: Term) -> Iterator[TakeTurn]:
    """The loop `reconcile`."""
    with serve_rest.client(term.settings) as serve:
        yield Reconciler(term, serve).turn


class Reconciler:
    """Keeps in mind, from turn to turn, when it handed a document over."""

    def __init__(self, term: Term, serve: httpx.Client) -> None:
        self._term = term
        self._cluster = term.settings.cluster_id
        self._serve = serve
        self._put_at: dict[tuple[int, str], datetime] = {}

    def turn(self) -> bool:
        """One look at both sides, and what follows; whether Serve is on its way."""
        with self._term.fenced():
            found = desired.read(self._term.connection, self._cluster)
            tried = desired.read_reached(self._term.connection, self._cluster)
        # An empty document would have Serve delete all it runs, and this loop with it.
        if not found.applications:
            return False
        try:
            wanted = Wanted(found.epoch, render(found, self._term.settings, now=self._term.clock()))
        except ConfigError as exc:
            self._say(Reached(found.epoch, "", "refused", str(exc)), tried)
            return False
        decision = decide(wanted, tried, serve_rest.states(self._serve))
        self._say(decision.reached, tried)
        if decision.put:
            self._put(wanted, decision.reached)
        return decision.reached.state == "moving"

    def _put(self, wanted: Wanted, reached: Reached) -> None:
        """Said before it is done: a control replica that this replaces is followed by one that knows."""
        key, now = (reached.epoch, reached.digest), self._term.clock()
        if key in self._put_at and now - self._put_at[key] < _PUT_AGAIN:
            return
        with self._term.fenced():
            pass  # Serve can't check a fence: the lease is made sure of just before it is told
        # Noted before the call: one that ends in an error may have arrived.
        self._put_at = {key: now}
        try:
            serve_rest.put(self._serve, wanted.document)
        except ServeRefused as exc:
            self._say(replace(reached, state="refused", reason=str(exc)), reached)
        except PlatformError as exc:  # tried again; who waits reads why it takes so long
            self._say(replace(reached, reason=str(exc)), reached)
            raise

    def _say(self, reached: Reached, before: Reached | None) -> None:
        if reached == before:
            return
        with self._term.fenced():
            desired.write_reached(self._term.connection, self._cluster, reached)
        get_logger().info(
            "reconcile", epoch=reached.epoch, state=reached.state, reason=reached.reason
        )

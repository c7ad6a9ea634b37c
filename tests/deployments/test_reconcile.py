"""What follows from what is wanted, what was tried, and what Serve reports; and the loop itself."""

from contextlib import contextmanager

import httpx
import orjson
import pytest

from cluster.clock import utc_now
from cluster.control import leases
from cluster.control.loop import Term
from cluster.desired import store as desired
from cluster.desired.store import Desired, Reached
from cluster.desired.waiting import await_reached
from cluster.errors import PlatformError
from cluster.settings import load_settings
from cluster.stores.postgres import connect
from deployments import deploy
from deployments.reconcile import Reconciler, Wanted, decide, differing
from deployments.render import render
from tests.databases import database as database  # noqa: PLC0414 - a fixture is found by its name

NOW = utc_now()


def wanted(tmp_path, *names, epoch=5):
    found = Desired({name: {} for name in names}, [], epoch)
    return Wanted(epoch, render(found, load_settings(tmp_path), now=NOW))


def report(given, **statuses):
    """What Serve says after it took the document; `statuses` are those that are not RUNNING."""
    logging = given.document["logging_config"]
    return {
        entry["name"]: {
            "status": statuses.get(entry["name"], "RUNNING"),
            "message": "",
            "deployments": {"X": {"status": "UNHEALTHY", "message": "Trace\nValueError: no"}},
            "deployed_app_config": {**entry, "logging_config": logging},
        }
        for entry in given.document["applications"]
    }


def tried(given, state, reason=""):
    return Reached(given.epoch, given.digest, state, reason)


@pytest.fixture
def pair(tmp_path):
    return wanted(tmp_path, "control", "live")


def test_an_empty_serve_is_given_the_whole_document(pair):
    assert decide(pair, None, {}).put


def test_what_runs_as_wanted_is_reached_without_handing_anything_over(pair):
    decision = decide(pair, None, report(pair))
    assert (decision.put, decision.reached.state, decision.reached.epoch) == (False, "reached", 5)


def test_what_is_on_its_way_is_waited_for(pair):
    decision = decide(pair, tried(pair, "moving"), report(pair, live="DEPLOYING"))
    assert (decision.put, decision.reached.state) == (False, "moving")
    assert decision.reached.reason == "1 of 2 applications run"


@pytest.mark.parametrize("state", ["moving", "reached"])
def test_an_application_that_is_missing_is_brought_back(pair, state):
    less = {"control": report(pair)["control"]}
    decision = decide(pair, tried(pair, state), less)
    assert (decision.put, decision.reached.reason) == (True, "repairing live")


def test_an_application_that_was_changed_by_hand_is_changed_back(pair):
    changed = report(pair)
    changed["live"]["deployed_app_config"] = {"name": "live"}
    assert decide(pair, tried(pair, "reached"), changed).put


def test_an_application_that_nobody_wants_is_removed_and_one_that_leaves_is_left_alone(pair):
    more = {**report(pair), "odd": {"status": "RUNNING", "deployed_app_config": {"name": "odd"}}}
    assert differing(pair.document, more) == ["odd"]
    more["odd"]["status"] = "DELETING"
    assert differing(pair.document, more) == []


def test_a_refusal_is_tried_once_an_epoch(pair):
    refused = tried(pair, "refused", "Serve refused it")
    decision = decide(pair, refused, {"control": report(pair)["control"]})
    assert (decision.put, decision.reached) == (False, refused)
    later = Wanted(pair.epoch + 1, pair.document)
    assert decide(later, refused, {"control": report(pair)["control"]}).put


def test_another_document_of_the_same_epoch_is_tried_too(pair, tmp_path):
    """After an upgrade `serve.yaml` says otherwise."""
    refused = tried(pair, "refused")
    other = wanted(tmp_path, "control", epoch=5)
    assert decide(other, refused, {}).put


def test_an_application_that_fails_is_told_with_the_last_line_and_tried_once_an_epoch(pair):
    bad = report(pair, live="DEPLOY_FAILED")
    decision = decide(pair, tried(pair, "moving"), bad)
    assert (decision.put, decision.reached.state) == (False, "refused")
    assert decision.reached.reason == "application live failed: ValueError: no"
    assert not decide(pair, decision.reached, bad).put
    assert decide(Wanted(6, pair.document), decision.reached, bad).put


def test_what_was_reached_and_ails_now_stays_reached_and_says_why(pair):
    decision = decide(pair, tried(pair, "reached"), report(pair, live="UNHEALTHY"))
    assert (decision.put, decision.reached.state) == (False, "reached")
    assert decision.reached.reason.startswith("application live failed")


def test_a_refusal_that_heals_by_itself_is_reached(pair):
    assert decide(pair, tried(pair, "refused"), report(pair)).reached.state == "reached"


# The loop, against the real PostgreSQL and a server that answers as Serve does.


class Serve:
    """Takes documents; what it runs is what it was handed last, unless it refuses."""

    def __init__(self):
        self.refuses, self.documents, self.applications = "", [], {}

    def __call__(self, request):
        if request.method == "GET":
            return httpx.Response(200, json={"applications": self.applications})
        document = orjson.loads(request.content)
        self.documents.append(document)
        if self.refuses:
            return httpx.Response(400, text=self.refuses)
        self.applications = report(Wanted(0, document))
        return httpx.Response(200)


@pytest.fixture
def clean(database):
    with connect(database, "owner") as connection:
        connection.execute("TRUNCATE desired, reached, leases")
    return database


@pytest.fixture
def serve():
    return Serve()


@contextmanager
def reconciler(settings, serve, *, clock=utc_now):
    http = httpx.Client(base_url="http://serve", transport=httpx.MockTransport(serve))
    with connect(settings, "serve") as connection, http:
        connection.autocommit = True
        lease = leases.take(connection, leases.CONTROL, holder="test", seconds=60)
        yield Reconciler(Term(settings, connection, lease, clock), http)


def reached(settings):
    with connect(settings, "jobs") as connection:
        return desired.read_reached(connection, settings.cluster_id)


def test_nothing_is_handed_over_where_nothing_is_wanted(clean, serve):
    with reconciler(clean, serve) as loop:
        assert not loop.turn()
    assert (serve.documents, reached(clean)) == ([], None)


def test_a_change_is_handed_over_and_its_epoch_reached(clean, serve):
    with reconciler(clean, serve) as loop:
        epoch = deploy.want(clean, ["control"])
        assert loop.turn()
        assert not loop.turn()
        assert (reached(clean).epoch, reached(clean).state) == (epoch, "reached")
        later = deploy.want(clean, ["live"])
        loop.turn()
        loop.turn()
        assert (reached(clean).epoch, reached(clean).state) == (later, "reached")
    assert later > epoch
    assert [len(document["applications"]) for document in serve.documents] == [1, 2]


def test_a_loop_that_follows_another_hands_nothing_over_that_stands(clean, serve):
    deploy.want(clean, ["control"])
    for _ in range(3):
        with reconciler(clean, serve) as loop:
            loop.turn()
    assert len(serve.documents) == 1


def test_a_refused_document_is_handed_over_once_whoever_leads_until_it_is_asked_for_again(
    clean, serve
):
    serve.refuses = "no such option"
    epoch = deploy.want(clean, ["control"])
    for _ in range(3):
        with reconciler(clean, serve) as loop:
            loop.turn()
            loop.turn()
    assert len(serve.documents) == 1
    with pytest.raises(PlatformError, match="Serve refused its configuration: no such option"):
        await_reached(clean, epoch, role="serve", progress=print)
    serve.refuses = ""
    epoch = deploy.ask_again(clean)
    with reconciler(clean, serve) as loop:
        loop.turn()
        loop.turn()
    await_reached(clean, epoch, role="jobs", progress=print)
    assert len(serve.documents) == 2


def test_an_application_that_serve_yaml_does_not_know_is_refused_in_words(clean, serve):
    epoch = deploy.want(clean, ["nobody"])
    with reconciler(clean, serve) as loop:
        loop.turn()
    with pytest.raises(PlatformError, match="application='nobody': expected one of"):
        await_reached(clean, epoch, role="serve", progress=print)
    assert serve.documents == []


def test_drift_is_repaired_at_the_same_epoch_and_not_at_every_turn(clean, serve):
    now = [utc_now()]
    epoch = deploy.want(clean, ["control", "live"])
    with reconciler(clean, serve, clock=lambda: now[0]) as loop:
        loop.turn()
        for _ in range(3):
            del serve.applications["live"]
            loop.turn()
            loop.turn()
            now[0] = now[0].replace(year=now[0].year + 1)
            loop.turn()
            loop.turn()
        assert reached(clean) == desired.Reached(
            epoch, reached(clean).digest, "reached", "2 of 2 applications run"
        )
    assert len(serve.documents) == 4


def test_rows_of_another_cluster_count_for_nothing_here(clean, serve):
    deploy.want(clean.model_copy(update={"cluster_id": "other"}), ["control"])
    with reconciler(clean, serve) as loop:
        loop.turn()
    assert serve.documents == []


def test_whoever_waits_for_a_loop_that_says_nothing_is_told_so(clean):
    epoch = deploy.want(clean, ["control"])
    with pytest.raises(PlatformError, match="the loop `reconcile` says nothing"):
        await_reached(clean, epoch, role="serve", timeout_s=0.0, progress=print)

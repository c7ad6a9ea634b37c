"""The loop `reconcile` on the real platform: changes are reached, drift is repaired, refusals told."""

import pytest

from cluster.clock import utc_now
from cluster.control import leases
from cluster.desired import store as desired
from cluster.desired.waiting import await_reached
from cluster.errors import PlatformError
from cluster.laptop import processes
from cluster.stores.postgres import connect
from cluster.waiting import wait_until
from deployments import deploy, serve_rest
from deployments.render import render

pytestmark = [pytest.mark.platform, pytest.mark.restarts]
WAIT_S = 120.0  # a bound, not a promise


@pytest.fixture
def override(platform):
    """Want other options of a deployment, and wait until they are reached; undone at the end."""
    changed = set()

    def want(application, **options):
        spec = {"deployments": {application.capitalize(): options}} if options else {}
        with connect(platform, "serve") as connection:
            desired.set_application(connection, platform.cluster_id, application, spec)
            epoch = desired.read(connection, platform.cluster_id).epoch
        changed.add(application)
        await_reached(platform, epoch, role="serve", timeout_s=WAIT_S, progress=print)

    yield want
    for application in changed:
        want(application)


def told(platform):
    """Every row that was written of what is reached, from here on."""
    with connect(platform, "owner") as connection:
        return connection.execute("SELECT epoch, state FROM told ORDER BY number").fetchall()


@pytest.fixture
def noted(platform):
    """Keeps what the loop says, by a trigger of the test."""
    with connect(platform, "owner") as connection:
        connection.execute(
            "CREATE TABLE told (number int GENERATED ALWAYS AS IDENTITY, epoch bigint, state text);"
            "GRANT INSERT ON told TO trii_serve;"
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            "  INSERT INTO told (epoch, state) VALUES (NEW.epoch, NEW.state); RETURN NULL; END $$;"
            "CREATE TRIGGER note AFTER UPDATE ON reached FOR EACH ROW EXECUTE FUNCTION note()"
        )
    yield
    with connect(platform, "owner") as connection:
        connection.execute("DROP TRIGGER note ON reached; DROP FUNCTION note; DROP TABLE told")


def runs(platform, name):
    with serve_rest.client(platform) as serve:
        return serve_rest.states(serve).get(name, {}).get("status") == "RUNNING"


def pids(platform, application):
    found = processes.marked(platform_id(platform), "ray")
    named = f"ServeReplica:{application}"
    return {p.pid for p in found if named in " ".join(processes.command_line(p))}


def platform_id(platform):
    from cluster.laptop import state as states

    return states.load(platform.home).platform_id


def test_an_application_that_somebody_removed_comes_back(platform):
    with connect(platform, "serve") as connection:
        wanted = desired.read(connection, platform.cluster_id)
    document = render(wanted, platform, now=utc_now())
    document["applications"] = [a for a in document["applications"] if a["name"] != "analysis"]
    with serve_rest.client(platform) as serve:
        serve_rest.put(serve, document)
    assert not runs(platform, "analysis")
    assert wait_until(lambda: runs(platform, "analysis"), timeout_s=WAIT_S)


def test_a_changed_option_is_reached_in_place(platform, override):
    before = pids(platform, "live")
    override("live", user_config={"interval_s": 0.5})
    assert pids(platform, "live") == before


def test_a_configuration_that_serve_refuses_is_tried_once_and_its_reason_told(
    platform, override, noted, trii
):
    with pytest.raises(PlatformError, match=r"Serve refused its configuration: .*num_replicas"):
        override("live", num_replicas=-3)
    with pytest.raises(PlatformError, match=r"Serve refused its configuration: .*num_replicas"):
        await_reached(platform, deploy.ask_again(platform), role="serve", progress=print)
    rows = [(row["epoch"], row["state"]) for row in told(platform)]
    assert [state for _, state in rows] == ["moving", "refused"] * 2
    assert "Serve refused its configuration" in trii("doctor").stdout
    assert runs(platform, "live")


@pytest.mark.long
def test_a_replica_that_fails_is_told_with_its_own_reason(platform, override):
    with pytest.raises(PlatformError, match=r"application live failed: .*"):
        override("live", user_config={"interval_s": -1.0})


@pytest.mark.long
def test_control_replaces_itself_and_the_next_one_leads(platform, override):
    def holder():
        with connect(platform, "owner") as connection:
            row = connection.execute(
                "SELECT holder FROM leases WHERE name = %s", [leases.CONTROL]
            ).fetchone()
        return row["holder"]

    before = holder(), pids(platform, "control")
    override("control", ray_actor_options={
        "num_cpus": 0.15, "label_selector": {"trii/pool-serve": "true"}
    })  # fmt: skip
    assert wait_until(lambda: holder() != before[0], timeout_s=WAIT_S)
    assert not pids(platform, "control") & before[1]

"""The replica that moves the queue, against the real PostgreSQL; Ray is away."""

import pytest
from pydantic import ValidationError

from cluster.control import leases
from cluster.stores.postgres import connect
from deployments.control import app
from tests.waiting import until


class Replica(app.Control):
    """As Serve runs it: Serve awaits the end, which Python itself can't."""

    end = app.Control.__del__

    def __del__(self):
        return None


def held(settings):
    with connect(settings, "serve") as connection:
        own = leases.of_cluster(settings.cluster_id)
        return leases.is_held(connection, leases.CONTROL) and leases.is_held(connection, own)


def free(settings):
    with connect(settings, "serve") as connection:
        names = (leases.CONTROL, leases.of_cluster(settings.cluster_id))
        return not any(leases.is_held(connection, name) for name in names)


async def test_a_replica_leads_while_it_lives_and_lets_the_next_one_lead_at_once(
    database, monkeypatch
):
    monkeypatch.setattr(app, "load_settings", lambda: database)
    replica = Replica.__new__(Replica)
    await replica.__init__()
    replica.reconfigure({"busy_s": 0.05, "idle_s": 0.05})
    await until(lambda: held(database))
    replica.check_health()
    app.Meter(*replica._leaders).show()
    await replica.end()
    assert free(database)
    with pytest.raises(RuntimeError, match="has ended"):
        replica.check_health()


async def test_two_clusters_on_one_database_have_one_queue_and_each_its_own_applications(
    database, monkeypatch
):
    """While one takes the other's place: who came first moves the queue, until it ends."""
    second = database.model_copy(update={"cluster_id": "second"})
    replicas = []
    for settings in (database, second):
        monkeypatch.setattr(app, "load_settings", lambda settings=settings: settings)
        replicas.append(replica := Replica.__new__(Replica))
        await replica.__init__()
        await until(lambda settings=settings: held(settings))

    def holder():
        with connect(database, "owner") as connection:
            return connection.execute(
                "SELECT holder FROM leases WHERE name = %s", [leases.CONTROL]
            ).fetchone()["holder"]

    assert holder() == replicas[0]._leader._holder
    await replicas[0].end()
    await until(lambda: holder() == replicas[1]._leader._holder)
    assert held(second)
    await replicas[1].end()
    assert free(second)


@pytest.mark.parametrize("config", [{"busy_s": 0}, {"busy": 1}, {"idle_s": "soon"}])
def test_a_wrong_setting_is_refused(config):
    with pytest.raises(ValidationError):
        app.ControlConfig.model_validate(config)

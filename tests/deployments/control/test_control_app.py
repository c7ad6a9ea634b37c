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
        return leases.is_held(connection, leases.CONTROL)


async def test_a_replica_leads_while_it_lives_and_lets_the_next_one_lead_at_once(
    database, monkeypatch
):
    monkeypatch.setattr(app, "load_settings", lambda: database)
    replica = Replica.__new__(Replica)
    await replica.__init__()
    replica.reconfigure({"busy_s": 0.05, "idle_s": 0.05})
    await until(lambda: held(database))
    replica.check_health()
    app.Meter(replica._leader).show()
    await replica.end()
    assert not held(database)
    with pytest.raises(RuntimeError, match="has ended"):
        replica.check_health()


@pytest.mark.parametrize("config", [{"busy_s": 0}, {"busy": 1}, {"idle_s": "soon"}])
def test_a_wrong_setting_is_refused(config):
    with pytest.raises(ValidationError):
        app.ControlConfig.model_validate(config)

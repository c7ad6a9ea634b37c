"""The control truth, against the real database of this run; every change is rolled back."""

import psycopg
import pytest

from cluster.desired import store as desired
from cluster.desired.store import ServedModel
from cluster.errors import StoreError
from cluster.stores.migrate import upgrade
from cluster.stores.postgres import connect

pytestmark = pytest.mark.platform
CLUSTER = "laptop"


class RollBack(Exception):
    pass


@pytest.fixture
def as_role(platform):
    """Run a function in a transaction of the role, and roll it back."""

    def run(role, change):
        try:
            with connect(platform, role) as connection:
                found = change(connection)
                raise RollBack
        except RollBack:
            return found

    return run


def model(version):
    return ServedModel(
        name="probe", version=version, alias="champion", kind="probability", horizon=21,
        folder="/nowhere", sha256="0" * 64,
    )  # fmt: skip


@pytest.mark.parametrize("role", ["serve", "jobs"])
def test_a_promotion_raises_the_epoch_and_saying_it_again_does_not(as_role, role):
    def promote(connection):
        epochs = [desired.read(connection, CLUSTER).epoch]
        for version in ("1", "1", "2"):
            desired.set_model(connection, CLUSTER, model(version))
            epochs.append(desired.read(connection, CLUSTER).epoch)
        assert model("2") in desired.read(connection, CLUSTER).models
        return epochs

    before, first, repeated, second = as_role(role, promote)
    assert before < first == repeated < second


def test_a_job_may_promote_but_not_say_which_applications_run(platform):
    with (
        pytest.raises(StoreError, match="row-level security"),
        connect(platform, "jobs") as connection,
    ):
        desired.set_application(connection, CLUSTER, "quotes", {"enabled": False})


def test_a_name_that_serve_would_refuse_is_refused_here(platform):
    with pytest.raises(StoreError, match="desired_name_check"), connect(platform, "serve") as c:
        desired.set_application(c, CLUSTER, "No Name", {})


@pytest.mark.parametrize("role", ["serve", "jobs", "mlflow"])
def test_an_application_cannot_change_the_schema_or_see_other_databases(platform, role):
    with pytest.raises(StoreError, match="permission denied"), connect(platform, role) as c:
        c.execute("CREATE TABLE x (y int)" if role != "mlflow" else "CREATE ROLE x")
    other = "trii" if role == "mlflow" else "mlflow"
    dsn = platform.postgres_dsn(role, database=other)
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(dsn)


def test_a_wrong_password_is_refused_and_not_repeated_in_the_error(platform):
    wrong = platform.model_copy(
        update={"postgres_serve_password": type(platform.redis_password)("guess")}
    )
    refused = pytest.raises(StoreError, match="password authentication failed")
    with refused as refusal, connect(wrong, "serve"):
        pass
    assert "guess" not in str(refusal.value)


def test_migrations_that_stand_are_not_run_again(platform):
    before, after = upgrade(platform)
    assert before == after

from datetime import UTC, datetime

import pytest
from ray.serve.schema import ServeDeploySchema

from cluster.desired.store import Desired, ServedModel
from cluster.errors import ConfigError
from cluster.fleet.render.commands import every_node
from cluster.fleet.settings import LatencyGoal, OpeningReplicas
from cluster.fleet.source import reading
from cluster.settings import load_settings
from deployments.render import catalogue, render

NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)  # a Monday, hours before New York opens
MODEL = ServedModel(
    name="volatility-regime", version="3", alias="champion", kind="probability", horizon=21,
    folder="/models/volatility-regime/3", sha256="0" * 64,
)  # fmt: skip


def everything(models=(), **overrides):
    wanted = {name: overrides.get(name, {}) for name in catalogue()}
    return Desired(applications=wanted, models=list(models), epoch=1)


def application(document, name):
    return next(a for a in document["applications"] if a["name"] == name)


def test_serve_accepts_the_document(tmp_path):
    ServeDeploySchema.model_validate(render(everything([MODEL]), load_settings(tmp_path), now=NOW))


def test_the_ingress_listens_on_loopback_only(tmp_path):
    assert (
        render(everything(), load_settings(tmp_path), now=NOW)["http_options"]["host"]
        == "127.0.0.1"
    )


def test_only_wanted_applications_run(tmp_path):
    document = render(Desired({"quotes": {}}, [], 1), load_settings(tmp_path), now=NOW)
    assert [a["name"] for a in document["applications"]] == ["quotes"]


def test_one_application_alone_is_rendered_as_in_the_whole_document(tmp_path):
    settings = load_settings(tmp_path)
    whole, alone = (
        render(everything(), settings, now=NOW),
        render(everything(), settings, only="control", now=NOW),
    )
    assert alone["applications"] == [application(whole, "control")]
    assert {**alone, "applications": []} == {**whole, "applications": []}


def test_control_is_replaced_by_surge_alone(tmp_path):
    """What steers the platform starts its follower before it goes."""
    (control,) = application(render(everything(), load_settings(tmp_path), now=NOW), "control")[
        "deployments"
    ]
    assert control["max_surge_percent"] == 100


def test_an_unknown_application_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(ConfigError, match=r"'quots': expected one of .*quotes"):
        render(Desired({"quots": {}}, [], 1), load_settings(tmp_path), now=NOW)


def test_a_promotion_changes_the_user_config_of_the_models_host_and_nothing_else(tmp_path):
    settings = load_settings(tmp_path)
    before, after = (
        render(everything(), settings, now=NOW),
        render(everything([MODEL]), settings, now=NOW),
    )
    host = application(after, "predictions")["deployments"][0]
    assert host["user_config"]["models"] == [MODEL.model_dump()]
    for document in (before, after):
        application(document, "predictions")["deployments"][0].pop("user_config")
    assert before == after


def test_an_override_changes_one_option(tmp_path):
    desired = everything(quotes={"deployments": {"Quotes": {"num_replicas": 5}}})
    quotes = application(render(desired, load_settings(tmp_path), now=NOW), "quotes")
    assert quotes["deployments"][0]["num_replicas"] == 5
    assert quotes["deployments"][0]["max_ongoing_requests"] > 0


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_no_deployment_queues_without_limit_or_restarts_without_surge(name):
    for deployment in catalogue()[name]["deployments"]:
        assert deployment["max_ongoing_requests"] > 0
        assert deployment["max_queued_requests"] > 0
        assert deployment["max_surge_percent"] > 0
        assert deployment["ray_actor_options"]["label_selector"] == {"trii/pool-serve": "true"}


GOALS = '{"Quotes": {"p95_ms": 20, "max_replicas": 6}}'


def test_a_deployment_follows_a_latency_where_settings_say_so(tmp_path, monkeypatch):
    monkeypatch.setenv("TRII_LATENCY_GOALS", GOALS)
    monkeypatch.setenv("TRII_PROMETHEUS_URL", "http://127.0.0.1:9090")
    document = render(everything(), load_settings(tmp_path), now=NOW)
    ServeDeploySchema.model_validate(document)
    (quotes,) = application(document, "quotes")["deployments"]
    assert "num_replicas" not in quotes
    scaling = quotes["autoscaling_config"]
    assert (scaling["min_replicas"], scaling["max_replicas"]) == (2, 6)
    (predictions,) = application(document, "predictions")["deployments"]
    assert predictions["num_replicas"] == 2


@pytest.mark.parametrize(
    ("goals", "url", "why"),
    [
        (GOALS, None, "Set TRII_PROMETHEUS_URL too"),
        (GOALS.replace("Quotes", "Live"), "http://x", "Live can't follow .* Analysis, Predictions"),
        (GOALS.replace("6", "1"), "http://x", "max_replicas=1 is below its 2 replicas"),
    ],
)
def test_goals_that_cannot_be_kept_are_refused(goals, url, why, tmp_path, monkeypatch):
    monkeypatch.setenv("TRII_LATENCY_GOALS", goals)
    if url:
        monkeypatch.setenv("TRII_PROMETHEUS_URL", url)
    with pytest.raises(ConfigError, match=why):
        render(everything(), load_settings(tmp_path), now=NOW)


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_a_deployment_that_follows_its_queue_can_see_one(name):
    """What waits in a replica Ray does not count: nothing above max_ongoing_requests would be seen."""
    for deployment in catalogue()[name]["deployments"]:
        if scaling := deployment.get("autoscaling_config"):
            assert 2 * scaling["target_ongoing_requests"] <= deployment["max_ongoing_requests"]


def test_serve_tells_a_document_with_goals_back_as_it_was_given(tmp_path):
    """What it told otherwise would count as drift, and be brought again for ever."""
    settings = load_settings(tmp_path).model_copy(
        update={
            "prometheus_url": "http://10.0.0.9:9090",
            "latency_goals": {"Quotes": LatencyGoal(p95_ms=20, max_replicas=8)},
        }
    )
    document = render(everything(), settings, now=NOW)
    taken = ServeDeploySchema.model_validate(document)
    told = [application.model_dump(exclude_unset=True) for application in taken.applications]
    assert told == document["applications"]


OPENING = OpeningReplicas(
    calendar="XNYS", minutes_before=15, minutes_after=60, replicas={"Quotes": 6, "Analysis": 1}
)


def deployment(settings, now, name="quotes"):
    (found,) = application(render(everything(), settings, now=now), name)["deployments"]
    return found


@pytest.mark.parametrize(
    ("at", "replicas"),
    [
        ("2026-11-30T14:14:59", 2),  # New York opens at 14:30 in winter
        ("2026-11-30T14:15:00", 6),
        ("2026-11-30T15:29:59", 6),
        ("2026-11-30T15:30:00", 2),
        ("2026-07-01T13:15:00", 6),  # and at 13:30 in summer
        ("2026-11-28T14:30:00", 2),  # a Saturday
        ("2026-12-25T14:30:00", 2),
    ],
)
def test_replicas_of_the_open_run_around_it_and_no_longer(at, replicas, tmp_path):
    settings = load_settings(tmp_path).model_copy(update={"opening_replicas": OPENING})
    now = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert deployment(settings, now)["num_replicas"] == replicas
    ServeDeploySchema.model_validate(render(everything(), settings, now=now))


def test_the_open_takes_no_replica_away(tmp_path):
    settings = load_settings(tmp_path).model_copy(
        update={"opening_replicas": OPENING.model_copy(update={"replicas": {"Quotes": 1}})}
    )
    assert deployment(settings, datetime(2026, 11, 30, 14, 30, tzinfo=UTC))["num_replicas"] == 2


def test_where_replicas_follow_a_latency_the_open_raises_their_least_number(tmp_path):
    goals = {"Quotes": LatencyGoal(p95_ms=20, max_replicas=5)}
    settings = load_settings(tmp_path).model_copy(
        update={
            "opening_replicas": OPENING,
            "latency_goals": goals,
            "prometheus_url": "http://localhost:9090",
        }
    )
    opens = datetime(2026, 11, 30, 14, 30, tzinfo=UTC)
    assert deployment(settings, opens)["autoscaling_config"]["min_replicas"] == 5
    assert deployment(settings, NOW)["autoscaling_config"]["min_replicas"] == 2


def test_an_open_for_what_has_a_fixed_number_is_refused(tmp_path):
    settings = load_settings(tmp_path).model_copy(
        update={"opening_replicas": OPENING.model_copy(update={"replicas": {"Control": 2}})}
    )
    with pytest.raises(ConfigError, match="the number of Control is fixed; expected of Analysis"):
        render(everything(), settings, now=NOW)


def test_what_a_cluster_holds_ready_is_of_deployments_whose_number_is_free(tmp_path, monkeypatch):
    told = reading.cluster_source("production")
    environment = every_node(told, reading.ground(None))
    monkeypatch.setenv("TRII_OPENING_REPLICAS", environment["TRII_OPENING_REPLICAS"])
    opens = datetime(2026, 11, 30, 14, 30, tzinfo=UTC)
    assert deployment(load_settings(tmp_path), opens)["num_replicas"] == 8

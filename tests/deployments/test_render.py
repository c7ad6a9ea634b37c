import pytest
from ray.serve.schema import ServeDeploySchema

from cluster.desired.store import Desired, ServedModel
from cluster.errors import ConfigError
from cluster.fleet.settings import LatencyGoal
from cluster.settings import load_settings
from deployments.render import catalogue, render

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
    ServeDeploySchema.model_validate(render(everything([MODEL]), load_settings(tmp_path)))


def test_the_ingress_listens_on_loopback_only(tmp_path):
    assert render(everything(), load_settings(tmp_path))["http_options"]["host"] == "127.0.0.1"


def test_only_wanted_applications_run(tmp_path):
    document = render(Desired({"quotes": {}}, [], 1), load_settings(tmp_path))
    assert [a["name"] for a in document["applications"]] == ["quotes"]


def test_one_application_alone_is_rendered_as_in_the_whole_document(tmp_path):
    settings = load_settings(tmp_path)
    whole, alone = render(everything(), settings), render(everything(), settings, only="control")
    assert alone["applications"] == [application(whole, "control")]
    assert {**alone, "applications": []} == {**whole, "applications": []}


def test_control_is_replaced_by_surge_alone(tmp_path):
    """What steers the platform starts its follower before it goes."""
    (control,) = application(render(everything(), load_settings(tmp_path)), "control")[
        "deployments"
    ]
    assert control["max_surge_percent"] == 100


def test_an_unknown_application_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(ConfigError, match=r"'quots': expected one of .*quotes"):
        render(Desired({"quots": {}}, [], 1), load_settings(tmp_path))


def test_a_promotion_changes_the_user_config_of_the_models_host_and_nothing_else(tmp_path):
    settings = load_settings(tmp_path)
    before, after = render(everything(), settings), render(everything([MODEL]), settings)
    host = application(after, "predictions")["deployments"][0]
    assert host["user_config"]["models"] == [MODEL.model_dump()]
    for document in (before, after):
        application(document, "predictions")["deployments"][0].pop("user_config")
    assert before == after


def test_an_override_changes_one_option(tmp_path):
    desired = everything(quotes={"deployments": {"Quotes": {"num_replicas": 5}}})
    quotes = application(render(desired, load_settings(tmp_path)), "quotes")
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
    document = render(everything(), load_settings(tmp_path))
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
        render(everything(), load_settings(tmp_path))


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
    document = render(everything(), settings)
    taken = ServeDeploySchema.model_validate(document)
    told = [application.model_dump(exclude_unset=True) for application in taken.applications]
    assert told == document["applications"]

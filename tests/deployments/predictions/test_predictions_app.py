"""Predictions of real artifacts over a real lake."""

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from cluster.desired.store import ServedModel
from cluster.errors import ConfigError
from cluster.registry import artifact
from cluster.registry.artifact import ArtifactError
from cluster.registry.manifest import Manifest
from cluster.registry.runner import ModelRunner
from cluster.stores.lake import Lake
from deployments.predictions.answers import outcome_at
from deployments.predictions.app import make_predictions
from deployments.predictions.predictor import Predictor
from market.actions import Dividend
from market.calendar import get_calendar
from market.features import CLOSE_VOLATILITY, RETURN_RESIDUALS
from market.synthetic import SyntheticMarket
from tests.lakes import AAPL, FIRST, LAST, RECORDED, fill, fill_renamed, fill_split

SNAPSHOT = "bars@1,instruments@1"


@pytest.fixture
def register(tmp_path):
    """Write an artifact and say how it is wanted."""

    def make(name, *, version="1", alias="champion", **fields):
        manifest = Manifest(
            name=name, version=version, description="a model", universe="sample",
            snapshot=SNAPSHOT, **fields,
        )  # fmt: skip
        folder = tmp_path / name / version
        arrays = {"frequencies": np.array([0.3, 0.7])} if fields["kind"] == "probability" else {}
        return ServedModel(
            name=name, version=version, alias=alias, kind=manifest.kind,
            horizon=manifest.horizon, folder=str(folder),
            sha256=artifact.write(folder, manifest, arrays),
        )  # fmt: skip

    return make


@pytest.fixture
def regime(register):
    def make(**over):
        fields = {
            "kind": "probability", "algorithm": "persistence", "horizon": 21,
            "feature_set": CLOSE_VOLATILITY.name, "feature_hash": CLOSE_VOLATILITY.definition_hash,
            "trained_on": ("sample:AAPL",), "trained_until": date(2022, 12, 28),
        }  # fmt: skip
        return register("volatility-regime", **fields, **over)

    return make


@pytest.fixture
def quantiles(register):
    return register(
        "return-quantiles",
        kind="quantiles",
        algorithm="return-quantiles",
        horizon=5,
        feature_set=RETURN_RESIDUALS.name,
        feature_hash=RETURN_RESIDUALS.definition_hash,
        quantile_levels=(0.05, 0.25, 0.5, 0.75, 0.95),
        coverage=0.9,
    )


@pytest.fixture
def predictor(lake_path, now):
    return Predictor(Lake(lake_path), clock=lambda: now)


@pytest.fixture
def serving(predictor, regime, quantiles):
    """The predictor with both models."""
    predictor.serve([regime(), quantiles])
    return predictor


@pytest.fixture
def client(predictor, client_of):
    return client_of(make_predictions(predictor))


@pytest.fixture
def predict(client, serving):
    async def ask(**body):
        return await client.post("/v1/predictions", json=body)

    return ask


async def test_a_probability_has_the_shape_of_the_api(predict):
    answer = await predict(symbols=["SYN001"], horizon=21)
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-model-version"] == "volatility-regime/1"
    (found,) = answer.json()["data"]
    value = found.pop("value")
    probabilities = found.pop("probabilities")
    assert value in {0.3, 0.7}
    assert probabilities == {"below": pytest.approx(1 - value), "above": value}
    assert found == {
        "symbol": "SYN001",
        "instrument_id": "synthetic:SYN001",
        "kind": "probability",
        "horizon": 21,
        "feature_as_of": "2026-01-05T00:00:00Z",
        "outcome_at": "2026-01-26T00:00:00Z",
        "interval": None,
        "model": {"name": "volatility-regime", "version": "1", "alias": "champion"},
        "in_sample": False,
        "degraded": False,
    }


async def test_a_split_changes_no_prediction(predict, client_of, tmp_path, quantiles, regime, now):
    """A share that was split 4:1 is predicted as one that was not, at any time."""
    fill_split(Lake(tmp_path / "split"))
    split = Predictor(Lake(tmp_path / "split"), clock=lambda: now)
    split.serve([regime(), quantiles])
    client = client_of(make_predictions(split))
    for horizon in (5, 21):
        for more in ({}, {"as_of": "2025-03-04T00:00:00Z"}):
            body = {"symbols": ["SYN001", "SYN002"], "horizon": horizon, **more}
            found = (await client.post("/v1/predictions", json=body)).json()["data"]
            assert found == (await predict(**body)).json()["data"]


async def test_a_payment_in_another_currency_is_named(client_of, tmp_path, problem, regime, now):
    lake = Lake(tmp_path / "foreign")
    fill_split(lake)
    paid = Dividend(
        instrument_id="synthetic:SYN002",
        ex_date=date(2025, 3, 3),
        available_at=RECORDED,
        amount=1.0,
        currency="EUR",
    )
    lake.append_actions("synthetic", [paid], recorded_at=RECORDED)
    predictor = Predictor(lake, clock=lambda: now)
    predictor.serve([regime()])
    client = client_of(make_predictions(predictor))
    body = {"symbols": ["SYN001", "SYN002"], "horizon": 21}
    found = problem(await client.post("/v1/predictions", json=body), 422, "invalid")
    assert [one["loc"] for one in found.errors] == ["body.symbols.1"]
    assert "paid in EUR and prices are in USD" in found.detail


async def test_quantiles_come_with_the_interval_that_they_span(predict):
    (found,) = (await predict(symbols=["SYN001"], horizon=5)).json()["data"]
    levels = found["quantiles"]
    assert list(levels) == ["0.05", "0.25", "0.5", "0.75", "0.95"]
    assert list(levels.values()) == sorted(levels.values())
    assert found["value"] == levels["0.5"]
    assert found["interval"] == {
        "lower": levels["0.05"],
        "upper": levels["0.95"],
        "coverage": 0.9,
    }
    assert "probabilities" not in found


async def test_the_answer_is_the_models_own_for_the_same_closes(predict, quantiles):
    runner = ModelRunner.load(Path(quantiles.folder), sha256=quantiles.sha256)
    close = SyntheticMarket(instruments=3).daily("SYN001", FIRST, LAST).close
    (found,) = (await predict(symbols=["SYN001"], horizon=5)).json()["data"]
    assert found["value"] == runner.predict_closes(close).value


async def test_old_data_is_said_to_be_old(predict):
    """The sample ends in 2022: many sessions have closed since."""
    (found,) = (await predict(symbols=["AAPL"], horizon=21)).json()["data"]
    assert found["feature_as_of"] == "2022-12-28T21:00:00Z"
    assert found["degraded"] is True
    assert found["in_sample"] is True


async def test_symbols_are_answered_in_the_order_asked_for(predict):
    data = (await predict(symbols=["SYN002", "AAPL", "SYN001"], horizon=21)).json()["data"]
    assert [one["symbol"] for one in data] == ["SYN002", "AAPL", "SYN001"]


async def test_a_symbol_with_its_dataset_before_it_is_that_datasets(predict):
    for asked in ({"horizon": 21}, {"horizon": 21, "as_of": "2025-06-02T00:00:00Z"}):
        by_id = (await predict(symbols=["synthetic:SYN001"], **asked)).json()["data"]
        assert by_id == (await predict(symbols=["SYN001"], **asked)).json()["data"]


async def test_as_of_reads_nothing_later_and_asks_for_nothing_later(predict):
    body = {"symbols": ["AAPL"], "horizon": 21, "as_of": "2022-06-15T20:00:00Z"}
    (found,) = (await predict(**body)).json()["data"]
    assert found["feature_as_of"] == "2022-06-15T20:00:00Z"
    assert found["degraded"] is False
    body["as_of"] = "2022-06-15T19:59:59Z"
    (found,) = (await predict(**body)).json()["data"]
    assert found["feature_as_of"] == "2022-06-14T20:00:00Z"


async def test_a_time_is_text_and_never_a_number_of_seconds(predict, problem):
    stamp = datetime(2022, 6, 15, 20, tzinfo=UTC).timestamp()
    answer = await predict(symbols=["AAPL"], horizon=21, as_of=int(stamp))
    (fault,) = problem(answer, 422, "invalid").errors
    assert (fault["loc"], fault["type"]) == ("body.as_of", "time_format")


async def test_as_of_now_is_the_answer_from_memory(predict, now):
    kept = (await predict(symbols=["SYN001"], horizon=5)).json()["data"]
    body = {"symbols": ["SYN001"], "horizon": 5, "as_of": now.isoformat()}
    assert (await predict(**body)).json()["data"] == kept


def test_the_outcome_is_known_at_the_close_of_the_nth_session():
    """Over Thanksgiving, to the early close of the Friday after it."""
    close = outcome_at(get_calendar("XNYS"), date(2025, 11, 25), 2)
    assert close == datetime(2025, 11, 28, 18, tzinfo=UTC)


async def test_too_short_a_history_is_named_with_its_place(predict, problem):
    found = problem(await predict(symbols=["SYN001", "SYN003"], horizon=21), 422, "invalid")
    assert [error["loc"] for error in found.errors] == ["body.symbols.1"]
    assert "SYN003" in found.detail


@pytest.mark.parametrize("more", [{}, {"as_of": "2026-01-05"}])
async def test_of_a_list_in_part_each_symbol_without_an_answer_is_its_own_problem(predict, more):
    asked = ["syn001", "SYN003", "SYN01"]
    answer = await predict(symbols=asked, horizon=21, partial=True, **more)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [one["symbol"] for one in found["data"]] == ["SYN001"]
    told = {one["symbol"]: (one["code"], one["near"][:1]) for one in found["errors"]}
    assert told == {"SYN01": ("unknown_symbol", ["SYN001"]), "SYN003": ("data_not_fit", [])}


@pytest.mark.parametrize("more", [{}, {"as_of": "2026-01-05"}])
async def test_two_datasets_with_one_symbol_are_two_problems_each_by_the_name_asked_for(
    client_of, tmp_path, problem, regime, now, more
):
    lake = Lake(tmp_path / "two")
    fill(lake)
    for dataset in ("mine", "other"):
        own = replace(AAPL, dataset=dataset, instrument_id=f"{dataset}:AAPL")
        lake.append_instruments(dataset, [own], recorded_at=RECORDED)
    predictor = Predictor(lake, clock=lambda: now)
    predictor.serve([regime()])
    client = client_of(make_predictions(predictor))
    body = {"symbols": ["mine:AAPL", "sample:AAPL", "other:AAPL"], "horizon": 21, **more}
    whole = problem(await client.post("/v1/predictions", json=body), 422, "invalid")
    assert [(one["loc"], one["msg"].split()[0]) for one in whole.errors] == [
        ("body.symbols.0", "mine:AAPL"), ("body.symbols.2", "other:AAPL"),
    ]  # fmt: skip
    answer = await client.post("/v1/predictions", json=body | {"partial": True})
    found = answer.json()
    assert [one["instrument_id"] for one in found["data"]] == ["sample:AAPL"]
    assert [one["symbol"] for one in found["errors"]] == ["mine:AAPL", "other:AAPL"]


async def test_an_unknown_symbol_is_named_with_near_ones(predict, problem):
    found = problem(await predict(symbols=["SYN01"], horizon=21), 404, "unknown_symbol")
    assert "SYN001" in found.near


async def test_a_horizon_that_nothing_predicts_names_those_that_are(predict, problem):
    found = problem(await predict(symbols=["SYN001"], horizon=7), 422, "invalid")
    assert "21 (volatility-regime), 5 (return-quantiles)" in found.detail


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"model": "return-quantiles"}, 422, "invalid"),
        ({"model": "nope"}, 404, "not_found"),
        ({"version": "2"}, 404, "not_found"),
        ({"version": 1}, 422, "invalid"),
        ({"version": "01"}, 422, "invalid"),
        ({"model": "a b"}, 422, "invalid"),
        ({"horizon": True}, 422, "invalid"),
        ({"horizon": 21.0}, 422, "invalid"),
        ({"horizon": "21"}, 422, "invalid"),
        ({"horizon": 10**30}, 422, "invalid"),
        ({"horizon": 0}, 422, "invalid"),
        ({"symbols": []}, 422, "invalid"),
        ({"symbols": "SYN001"}, 422, "invalid"),
        ({"symbols": ["SYN_001"]}, 422, "invalid"),
        ({"partial": "true"}, 422, "invalid"),
        ({"symbols": ["SYN001\u0000"]}, 422, "invalid"),
        ({"symbols": [1]}, 422, "invalid"),
        ({"symbols": [f"A{n}" for n in range(101)]}, 422, "invalid"),
        ({"as_of": "2026-01-06"}, 422, "invalid"),
        ({"as_of": "1980-01-01"}, 404, "unknown_symbol"),
        ({"as_of": "2021-07-01"}, 422, "invalid"),
        ({"as_of": 1700000000}, 422, "invalid"),
        ({"as_of": "2022-06-15T20:00:00"}, 422, "invalid"),
        ({"as_of": None, "model": None, "version": None}, 200, None),
        ({"nope": 1}, 422, "invalid"),
    ],
)
async def test_bad_input_is_a_fault_of_the_caller(predict, problem, more, status, code):
    answer = await predict(**{"symbols": ["SYN001"], "horizon": 21} | more)
    if code is None:
        assert answer.status_code == status, answer.text
    else:
        problem(answer, status, code)


async def test_without_a_model_the_answer_says_how_to_get_one(client, problem):
    answer = await client.post("/v1/predictions", json={"symbols": ["SYN001"], "horizon": 21})
    assert "trii sweep run" in problem(answer, 503, "overloaded").detail


async def test_a_promotion_changes_the_version_in_place(serving, predict, regime, quantiles):
    serving.serve([regime(version="2"), quantiles])
    answer = await predict(symbols=["SYN001"], horizon=21)
    assert answer.headers["x-model-version"] == "volatility-regime/2"


async def test_a_version_is_asked_for_by_name(serving, predict, regime):
    serving.serve([regime(), regime(version="2", alias="challenger")])
    for body, version in (({}, "1"), ({"version": "2"}, "2")):
        answer = await predict(symbols=["SYN001"], horizon=21, **body)
        assert answer.headers["x-model-version"] == f"volatility-regime/{version}"


async def test_a_broken_artifact_is_refused_and_the_version_before_goes_on(
    serving, predict, regime
):
    broken = regime(version="2")
    with pytest.raises(ArtifactError, match="sha256"):
        serving.serve([broken.model_copy(update={"sha256": "0" * 64})])
    with pytest.raises(ConfigError, match="not what was wanted"):
        serving.serve([broken.model_copy(update={"version": "3"})])
    answer = await predict(symbols=["SYN001"], horizon=21)
    assert answer.headers["x-model-version"] == "volatility-regime/1"


async def test_new_closes_in_the_lake_are_read_without_a_restart(
    lake_path, tmp_path, quantiles, client_of
):
    shutil.copytree(lake_path, tmp_path / "lake")
    lake = Lake(tmp_path / "lake")
    later = datetime(2026, 1, 6, 6, tzinfo=UTC)
    predictor = Predictor(lake, clock=lambda: later)
    predictor.serve([quantiles])
    client = client_of(make_predictions(predictor))
    body = {"symbols": ["SYN001"], "horizon": 5}
    before = (await client.post("/v1/predictions", json=body)).json()["data"][0]
    bars = SyntheticMarket(instruments=3).daily("SYN001", date(2026, 1, 5), date(2026, 1, 5))
    lake.append_bars("synthetic", "1Day", bars.to_arrow(recorded_at=RECORDED), recorded_at=later)
    predictor.refresh()
    after = (await client.post("/v1/predictions", json=body)).json()["data"][0]
    assert (before["feature_as_of"][:10], before["degraded"]) == ("2026-01-05", True)
    assert (after["feature_as_of"][:10], after["degraded"]) == ("2026-01-06", False)


async def test_an_instrument_that_was_renamed_is_answered_by_the_symbol_asked_for(
    tmp_path, regime, client_of, now
):
    lake = Lake(tmp_path / "lake")
    fill_renamed(lake)
    predictor = Predictor(lake, clock=lambda: now)
    predictor.serve([regime()])
    body = {"symbols": ["AAPL"], "horizon": 21}
    answer = await client_of(make_predictions(predictor)).post("/v1/predictions", json=body)
    assert [one["symbol"] for one in answer.json()["data"]] == ["AAPL"]


async def test_a_reader_of_quotes_alone_may_not_ask(predictor, client_of, problem):
    answer = await client_of(make_predictions(predictor), role=None).post(
        "/v1/predictions", json={"symbols": ["SYN001"], "horizon": 21}
    )
    problem(answer, 401, "unauthenticated")

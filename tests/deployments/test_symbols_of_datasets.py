"""A symbol that several datasets hold means one instrument on every route, and each says which."""

from dataclasses import replace

import numpy as np
import pytest

from cluster.desired.store import ServedModel
from cluster.providers.catalog import BUILT_IN
from cluster.registry import artifact
from cluster.registry.manifest import Manifest
from cluster.settings import Settings
from cluster.stores.lake import Lake
from cluster.stores.settings import DATASET_ORDER
from market.features import RETURN_RESIDUALS
from tests.deployments.whole import make_whole
from tests.lakes import AAPL, RECORDED, fill, sample_bars


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The tests' lake, and somebody's own AAPL and SYN001 beside it, 7 dollars dearer."""
    root = tmp_path_factory.mktemp("home")
    lake = Lake(root / "lake")
    fill(lake)
    for symbol in ("AAPL", "SYN001"):
        own = replace(AAPL, symbol=symbol, dataset="mine", instrument_id=f"mine:{symbol}")
        lake.append_instruments("mine", [own], recorded_at=RECORDED)
        bars = replace(sample_bars(), instrument_id=f"mine:{symbol}")
        dearer = replace(bars, close=bars.close + 7.0).to_arrow(recorded_at=RECORDED)
        lake.append_bars("mine", "1Day", dearer, recorded_at=RECORDED)
    return root


def model(root):
    """Quantiles of past returns: an artifact without parameters."""
    said = Manifest(
        name="return-quantiles", version="1", description="a model", universe="sample",
        snapshot="bars@1,instruments@1", kind="quantiles", algorithm="return-quantiles", horizon=5,
        feature_set=RETURN_RESIDUALS.name, feature_hash=RETURN_RESIDUALS.definition_hash,
        quantile_levels=(0.05, 0.25, 0.5, 0.75, 0.95), coverage=0.9,
    )  # fmt: skip
    folder = root / "model"
    sha256 = artifact.write(folder, said, {})
    return ServedModel(
        name=said.name, version="1", alias="champion", kind=said.kind, horizon=5,
        folder=str(folder), sha256=sha256,
    )  # fmt: skip


async def answers(client, symbol):
    """The instrument that each route names, and its last close where the route tells one."""
    quote = (await client.get(f"/v1/quotes/{symbol}")).json()["data"]
    bars = (await client.get(f"/v1/bars?symbols={symbol}&adjustment=all&sort=desc&limit=1")).json()
    analysis = (await client.get(f"/v1/analysis/{symbol}/indicators?names=sma:5&limit=1")).json()
    body = {"symbols": [symbol], "horizon": 5}
    answer = await client.post("/v1/predictions", json=body)
    assert answer.status_code == 200, answer.text
    predicted = answer.json()["data"][0]
    closes = {
        quote["last_price"],
        bars["data"][0]["close"],
        analysis["data"]["rows"][0]["close"],
    }
    ids = {
        quote["instrument_id"],
        bars["instruments"][symbol],
        analysis["data"]["instrument_id"],
        predicted["instrument_id"],
    }
    return ids, closes


@pytest.mark.parametrize(
    ("order", "first"),
    [(None, "sample"), (("mine", "sample"), "mine"), ((), "mine"), (("sample",), "sample")],
)
async def test_every_route_answers_from_the_first_dataset_and_reaches_each(
    home, tmp_path, client_of, now, order, first
):
    chosen = {} if order is None else {"dataset_order": order}
    settings = Settings(home=home, postgres_port=1, mlflow_port=1, **chosen)
    client = client_of(make_whole(settings, clock=lambda: now, models=[model(tmp_path)]))
    last = float(np.round(sample_bars().close[-1], 3))
    close = {"sample": last, "mine": last + 7.0}
    for symbol, dataset in (("AAPL", first), ("mine:AAPL", "mine"), ("sample:AAPL", "sample")):
        ids, closes = await answers(client, symbol)
        assert ids == {f"{dataset}:AAPL"}
        assert {round(one, 3) for one in closes} == {round(close[dataset], 3)}
    lake = Lake.of(settings)
    assert lake.resolve("AAPL", at=now).instrument_id == f"{first}:AAPL"
    assert lake.choose(None, ["AAPL"]).instruments[0].instrument_id == f"{first}:AAPL"


def test_the_default_order_is_that_of_the_datasets_that_ship():
    assert DATASET_ORDER == BUILT_IN

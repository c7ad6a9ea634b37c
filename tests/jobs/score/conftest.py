import hashlib
from datetime import UTC, date, datetime
from itertools import pairwise

import numpy as np
import pytest

from cluster.registry import artifact
from cluster.registry.manifest import Manifest
from cluster.registry.runner import ModelRunner
from cluster.registry.versions import RegisteredVersion
from cluster.requests.score import parse_score
from cluster.stores.lake import Lake
from cluster.stores.places import at
from jobs.fan_out import in_process
from jobs.score.model import Model, find_model
from jobs.score.plan import make_plan
from jobs.score.run import compute
from market.features import CLOSE_VOLATILITY, QUANTILE_PERMILLE, RETURN_RESIDUALS
from market.models.forward import Network
from tests import lakes

NOW = datetime(2026, 1, 6, tzinfo=UTC)


def manifest(**changes):
    """Of a small network on the close-volatility features that was trained on one instrument."""
    base = {
        "name": "volatility-regime",
        "version": "1",
        "kind": "probability",
        "algorithm": "mlp",
        "description": "test",
        "horizon": 21,
        "feature_set": CLOSE_VOLATILITY.name,
        "feature_hash": CLOSE_VOLATILITY.definition_hash,
        "universe": "sample",
        "trained_on": ("synthetic:SYN001", "sample:AAPL"),
        "trained_until": date(2025, 6, 30),
        "snapshot": "bars@0,instruments@0",
    }
    return Manifest(**{**base, **changes})


def quantiles(**changes):
    return manifest(
        **{
            "name": "return-quantiles",
            "kind": "quantiles",
            "algorithm": "return-quantiles",
            "horizon": 5,
            "feature_set": RETURN_RESIDUALS.name,
            "feature_hash": RETURN_RESIDUALS.definition_hash,
            "quantile_levels": tuple(one / 1000 for one in QUANTILE_PERMILLE),
            "coverage": 0.9,
            "trained_on": (),
            "trained_until": None,
            **changes,
        }
    )


def network():
    draw = np.random.default_rng(0)
    sizes = [len(CLOSE_VOLATILITY.columns), 8, 1]
    layers = [(draw.normal(size=(o, i)), draw.normal(size=o)) for i, o in pairwise(sizes)]
    made = Network.from_layers(layers)
    return {"sizes": made.sizes, "parameters": made.parameters}


class Folders:
    """Versions that lie in folders, where MLflow would hold them."""

    def __init__(self, root):
        self.root, self.held = root, []

    def add(self, said, arrays, *, aliases=(), under=None):
        folder = self.root / (under or f"{said.name}-{said.version}")
        sha256 = artifact.write(folder, said, arrays)
        name, version = (under or f"{said.name}-{said.version}").rsplit("-", 1)
        one = RegisteredVersion(name, version, sha256, "run", NOW, tuple(aliases), {})
        self.held.insert(0, one)
        lookback = ModelRunner.load(folder, sha256=sha256).features.lookback
        return Model(at(folder), sha256, said, lookback)

    def models(self):
        return sorted({one.name for one in self.held})

    def versions(self, name):
        return [one for one in self.held if one.name == name]

    def fetch(self, version):
        return at(self.root / f"{version.name}-{version.version}")


@pytest.fixture(scope="session")
def registry(tmp_path_factory):
    """A probability model with two versions, the first of them champion, and one of quantiles."""
    made = Folders(tmp_path_factory.mktemp("models"))
    made.add(manifest(), network(), aliases=["champion"])
    made.add(manifest(version="2", trained_until=None), network())
    made.add(quantiles(), {}, aliases=["champion"])
    return made


@pytest.fixture(scope="session")
def held(tmp_path_factory):
    """A lake that tests only read; see tests/lakes.py."""
    lake = Lake(tmp_path_factory.mktemp("lake"))
    lakes.fill(lake)
    return lake


@pytest.fixture
def lake(tmp_path):
    """The same lake, for this test to write to."""
    lake = Lake(tmp_path / "lake")
    lakes.fill(lake)
    return lake


@pytest.fixture
def plan(registry):
    """Makes a plan from the fields of a request."""

    def make(lake, **fields):
        members = {} if "symbols" in fields else {"universe": "synthetic"}
        request = parse_score({"model": "volatility-regime", **members, **fields})
        model = find_model(registry, request.model, request.version)
        return make_plan(request, lake=lake, model=model, now=NOW)

    return make


@pytest.fixture
def do(plan):
    """Plans and runs a scoring, and gives its outcome."""

    def run(lake, *, run_id="score-1", fan_out=in_process, clock=lambda: NOW, **fields):
        return compute(plan(lake, **fields), run_id=run_id, lake=lake, fan_out=fan_out, clock=clock)

    return run


def digest(table):
    """One hash over all rows, to the bit, without the provenance of a run."""
    rows = table.drop(["snapshot", "job_id", "recorded_at"]).to_pylist()
    return hashlib.sha256(repr(rows).encode()).hexdigest()

"""One run of the pipeline on this platform: its lake as it stands, its control truth, its replicas."""

from cluster.desired import store as desired
from cluster.desired.store import Desired, ServedModel
from cluster.desired.waiting import await_reached
from cluster.registry.mlflow_client import Registry
from cluster.requests.train import TrainingRequest
from cluster.requests.universe import named
from cluster.settings import Settings
from cluster.stores.lake import Lake
from cluster.stores.postgres import connect
from training.choice import Choose
from training.dataset import source_of, universe_days, universe_pasts
from training.pipeline import CountDone, Pipeline, Say
from training.promote import PromotionReport


def run(
    settings: Settings,
    request: TrainingRequest,
    choose: Choose,
    *,
    say: Say,
    progress: CountDone,
) -> PromotionReport:
    """Universe and seed are the platform's where the request names none.

    Raises NotFound where the lake holds nothing, and BadInput for an unknown universe or members,
    before anything else is asked.
    """
    lake = Lake.of(settings)
    snapshot, members = lake.snapshot(), request.members
    universe = request.universe or (None if members else settings.train_universe)
    chosen = lake.choose(universe, members, snapshot=snapshot)
    histories = universe_pasts(lake, chosen, snapshot=snapshot)
    before = _desired(settings)

    def publish(model: ServedModel) -> None:
        with connect(settings, "jobs") as connection:
            desired.set_model(connection, settings.cluster_id, model)

    pipeline = Pipeline(
        registry=Registry.from_settings(settings),
        source=source_of(chosen, named(universe, members), snapshot=snapshot),
        seed=seed_of(settings, request),
        serving={model.name for model in before.models},
        publish=publish,
        say=say,
        progress=progress,
        days=universe_days(lake, chosen, snapshot=snapshot),
    )
    report = pipeline.run(histories, choose, promotes=request.promote)
    # The epoch moves with every version that is wanted, a baseline's too.
    if _desired(settings).epoch != before.epoch:
        roll_out(settings, say=say)
    return report


def seed_of(settings: Settings, request: TrainingRequest) -> int:
    """The seed that a request means."""
    return settings.seed if request.seed is None else request.seed


def roll_out(settings: Settings, *, say: Say) -> None:
    """Wait until Serve has followed the control truth, where any application is wanted."""
    wanted = _desired(settings)
    if not wanted.applications:
        return
    say("handing the version to the running applications")
    await_reached(settings, wanted.epoch, role="jobs", progress=say)


def _desired(settings: Settings) -> Desired:
    with connect(settings, "jobs") as connection:
        return desired.read(connection, settings.cluster_id)

"""One run of the pipeline on this platform: its lake as it stands, its control truth, its replicas."""

from cluster.desired import store as desired
from cluster.desired.store import Desired, ServedModel
from cluster.desired.waiting import await_reached
from cluster.registry.mlflow_client import Registry
from cluster.settings import Settings
from cluster.stores.lake import Lake
from cluster.stores.postgres import connect
from training.choice import Choose
from training.dataset import universe_days, universe_pasts
from training.pipeline import CountDone, Pipeline, Say
from training.promote import PromotionReport


def run(
    settings: Settings,
    choose: Choose,
    *,
    say: Say,
    progress: CountDone,
    seed: int | None = None,
    universe: str | None = None,
    promotes: bool = True,
) -> PromotionReport:
    """Universe and ``seed`` are the platform's where None.

    Raises NotFound where the lake holds nothing, and BadInput for an unknown universe, before
    anything else is asked.
    """
    lake = Lake.of(settings)
    snapshot, name = lake.snapshot(), universe or settings.train_universe
    histories = universe_pasts(lake, name, snapshot=snapshot)
    before = _desired(settings)

    def publish(model: ServedModel) -> None:
        with connect(settings, "jobs") as connection:
            desired.set_model(connection, settings.cluster_id, model)

    pipeline = Pipeline(
        registry=Registry.from_settings(settings),
        universe=name,
        snapshot=snapshot,
        seed=settings.seed if seed is None else seed,
        serving={model.name for model in before.models},
        publish=publish,
        say=say,
        progress=progress,
        days=universe_days(lake, name, snapshot=snapshot),
    )
    report = pipeline.run(histories, choose, promotes=promotes)
    # The epoch moves with every version that is wanted, a baseline's too.
    if _desired(settings).epoch != before.epoch:
        roll_out(settings, say=say)
    return report


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

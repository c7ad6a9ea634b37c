"""A file beside the one that the running cluster was brought up with."""

from collections import Counter
from pathlib import Path
from typing import Final

from cluster.errors import BadInput
from cluster.fleet.live.gcs import Gcs
from cluster.fleet.rules.document import ClusterFile, parsed
from cluster.fleet.rules.validation import refusal
from cluster.settings import Settings

_REMEDY: Final = "give the one that it was brought up with as --against FILE"


def compared(
    after: ClusterFile, settings: Settings
) -> tuple[ClusterFile, ClusterFile, dict[str, int]]:
    """What runs, what would, both as Ray's launcher fills them in, and nodes by type.

    Raises BadInput for a file that Ray refuses, NotFound where the cluster keeps none, PlatformError
    where it does not answer.
    """
    gcs = Gcs(settings)
    before = parsed(gcs.kept_file(remedy=_REMEDY), Path("the running cluster's file"))
    nodes = Counter(node.type for node in gcs.status().nodes if not node.is_head)
    if refused := refusal(after):
        raise BadInput(f"{after.path}: {refused.what}: `trii cluster validate` says more")
    # Loaded when asked, as Ray always is in commands.
    from ray.autoscaler._private.util import prepare_config  # noqa: PLC0415

    filled = ClusterFile(after.path, prepare_config(dict(after.told)), after.lines)
    return before, filled, dict(nodes)

"""The platform that a command works on: the one at home here, or one elsewhere that settings name."""

from cluster.errors import BadInput
from cluster.fleet import elsewhere
from cluster.laptop import state as states
from cluster.settings import Settings, keep_loopback_direct, load_settings


def is_elsewhere(settings: Settings) -> bool:
    """Whether there is no platform at home, and settings name one elsewhere."""
    return elsewhere.is_told(settings) and states.load(settings.home) is None


def settings_here() -> Settings:
    """Settings for what needs no platform that runs. Raises BadInput where one elsewhere is half named."""
    keep_loopback_direct()
    settings = load_settings()
    if is_elsewhere(settings):
        elsewhere.require(settings)
    return settings


def running_settings() -> Settings:
    """The settings of the platform. Raises BadInput when none was ever started here or is named."""
    settings = settings_here()
    if states.load(settings.home) is None and not elsewhere.is_told(settings):
        raise BadInput(
            f"there is no platform at {settings.home}; start one with `trii up`, or name one "
            "elsewhere (docs/cluster.md)"
        )
    return settings


def settings_of_ray() -> Settings:
    """Settings for what asks the cluster's Ray and nothing else, as on a head: it has no other secret.

    Raises BadInput as `running_settings`.
    """
    settings = load_settings()
    if "ray_host" in settings.model_fields_set:
        keep_loopback_direct()
        return settings
    return running_settings()

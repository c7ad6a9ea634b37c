"""The platform that a command works on: the one at home here."""

from cluster.errors import BadInput
from cluster.laptop import state as states
from cluster.settings import Settings, keep_loopback_direct, load_settings


def running_settings() -> Settings:
    """The settings of the platform here. Raises BadInput when none was ever started."""
    keep_loopback_direct()
    settings = load_settings()
    if states.load(settings.home) is None:
        raise BadInput(f"there is no platform at {settings.home}; start one with `trii up`")
    return settings

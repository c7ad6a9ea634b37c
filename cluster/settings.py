"""The one settings object, put together from the nouns' groups.

The environment is read here, and in `cluster.environment` before there are settings.

Sources, first wins: `TRII_*` environment variables, `$TRII_HOME/platform.env` (addresses that the
laptop platform chose), one file per secret in `$TRII_HOME/secrets/`, the defaults of the groups.
"""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from cluster.environment import default_home
from cluster.errors import ConfigError
from cluster.fleet.settings import FleetSettings
from cluster.notices.settings import NotifySettings
from cluster.providers.alpaca.settings import AlpacaSettings
from cluster.queue.settings import JobSettings
from cluster.registry.settings import MlflowSettings, TrainSettings
from cluster.schedules.settings import IngestSettings
from cluster.security.settings import TokenSettings
from cluster.stores.settings import DataSettings, PostgresSettings, RedisSettings


# Data first: their defaults are made of the home, and a wrong setting must be told alone. Pydantic
# reads fields from the last base to the first.
class Settings(
    PostgresSettings,
    RedisSettings,
    MlflowSettings,
    TrainSettings,
    FleetSettings,
    TokenSettings,
    JobSettings,
    IngestSettings,
    NotifySettings,
    AlpacaSettings,
    DataSettings,
    BaseSettings,
):
    """What concerns the whole platform. Frozen; units are in the names."""

    model_config = SettingsConfigDict(env_prefix="TRII_", frozen=True, extra="ignore")

    runtime_dir: Path = Field(
        default=Path("/nonexistent"), description="sockets and Ray's session; chosen by `trii up`"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="the least that is logged"
    )
    seed: int = Field(default=7, description="seed of the synthetic market and of trainings")
    host: str = Field(default="127.0.0.1", description="where the API answers")
    listen_host: str = Field(
        default="127.0.0.1", description="the address that the API listens on, on each node"
    )
    api_port: PositiveInt = Field(default=8000, description="where the API answers")
    body_limit_bytes: PositiveInt = Field(
        default=1_000_000, description="bytes that the body of a request may have"
    )
    request_timeout_s: PositiveFloat = Field(
        default=10.0, description="seconds that a request may take"
    )
    quote_max_age_s: PositiveFloat = Field(
        default=5.0, description="seconds after which a quote is stale"
    )
    quote_interval_s: PositiveFloat = Field(
        default=1.0, description="seconds between ticks of the synthetic market"
    )

    @property
    def secrets_path(self) -> Path:
        return self.home / "secrets"

    @property
    def logs_path(self) -> Path:
        return self.home / "logs"

    @property
    def token_public_key_path(self) -> Path:
        return self.secrets_path / "token_public.pem"

    @property
    def token_private_key_path(self) -> Path:
        return self.secrets_path / "token_private.pem"

    @property
    def api_url(self) -> str:
        return f"http://{self.host}:{self.api_port}"

    @property
    def dashboard_url(self) -> str:
        return f"http://{self.ray_host}:{self.dashboard_port}"

    @property
    def ray_address(self) -> str:
        return f"{self.ray_host}:{self.ray_port}"


# Of a platform as a whole: were they another shell's or process's own, one would write into a lake
# that another does not read.
_SHARED = (
    *("cluster_id", "lake_url", "dataset_order", "results_url", "models_url", "jobs_url"),
    *("artifacts_url", "s3_endpoint", "s3_region", "s3_ca"),
    "train_universe",
)


def chosen_settings() -> dict[str, str]:
    """Settings of a whole platform that the caller's environment demands, by variable."""
    names = (f"TRII_{name.upper()}" for name in _SHARED)
    return {name: os.environ[name] for name in names if name in os.environ}


def pinned_ports() -> dict[str, int]:
    """Ports that the caller's environment demands, such as `TRII_API_PORT=8080`, by name."""
    pinned = {}
    for variable, value in os.environ.items():
        name = variable.removeprefix("TRII_").removesuffix("_PORT").lower()
        if variable == f"TRII_{name.upper()}_PORT":
            if not value.isdecimal() or not 0 < int(value) < 65536:
                raise ConfigError(f"{variable}: expected a port number from 1 to 65535")
            pinned[name] = int(value)
    return pinned


def keep_loopback_direct() -> None:
    """Let no HTTP client of this process look for our servers behind the machine's proxy."""
    # Clients differ in the spelling that they read, so both say the same.
    for name in ("NO_PROXY", "no_proxy"):
        given = os.environ.get(name) or os.environ.get(name.swapcase(), "")
        hosts = [*filter(None, given.split(",")), "127.0.0.1", "localhost"]
        os.environ[name] = ",".join(dict.fromkeys(hosts))


def inherited_environment() -> dict[str, str]:
    """The caller's environment for the processes of a platform.

    Without what Ray, MLflow and TRII read: a stray `RAY_ADDRESS` of the caller must not lead a new
    platform to somebody else's cluster.
    """
    ours = ("RAY_", "MLFLOW_", "TRII_", "PG", "VIRTUAL_ENV", "PYTHON")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def load_settings(home: Path | None = None) -> Settings:
    """Settings of the platform at `home`. Raises ConfigError that names each wrong variable."""
    home = home or default_home()
    secrets = home / "secrets"
    try:
        return Settings(
            home=home,
            _env_file=home / "platform.env",
            # Pydantic warns of a folder that is not there.
            _secrets_dir=secrets if secrets.is_dir() else None,
        )
    except ValidationError as exc:
        wrong = "; ".join(f"{_variable(e['loc'])}: {e['msg']}" for e in exc.errors())
        # Not chained: the cause repeats what was given, and that may be a secret.
        raise ConfigError(f"wrong setting: {wrong}") from None
    except SettingsError as exc:  # names the field alone
        raise ConfigError(f"wrong setting, expected JSON: {exc}") from None


def _variable(place: tuple[int | str, ...]) -> str:
    """Such as TRII_API_PORT, or TRII_NOTIFY_CHANNELS.ops for a part of it."""
    return ".".join([f"TRII_{str(place[0]).upper()}", *map(str, place[1:])])

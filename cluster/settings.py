"""The one settings object. The environment is read here and nowhere else.

Sources, first wins: `TRII_*` environment variables, `$TRII_HOME/platform.env` (addresses that the
laptop platform chose), one file per secret in `$TRII_HOME/secrets/`, the defaults below.
"""

import os
from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import (
    Field,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    StringConstraints,
    ValidationError,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from cluster.errors import ConfigError
from cluster.notices.channels import Channel, ChannelName

PostgresRole = Literal["owner", "serve", "jobs", "mlflow"]
Port = PositiveInt
ClusterName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
Dataset = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,50}$")]


class Settings(BaseSettings):
    """Addresses, limits and secrets; frozen. Units are in the names."""

    model_config = SettingsConfigDict(env_prefix="TRII_", frozen=True, extra="ignore")

    home: Path
    environment: Literal["laptop", "dev", "staging", "production"] = "laptop"
    cluster_id: ClusterName = Field(default="laptop", description="whose rows of `desired` count")
    service: str = "trii"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    host: str = "127.0.0.1"
    seed: int = 7

    postgres_host: str = "127.0.0.1"
    postgres_port: Port = 5432
    postgres_database: str = "trii"
    postgres_owner_password: SecretStr = SecretStr("")
    postgres_serve_password: SecretStr = SecretStr("")
    postgres_jobs_password: SecretStr = SecretStr("")
    postgres_mlflow_password: SecretStr = SecretStr("")

    redis_host: str = "127.0.0.1"
    redis_port: Port = 6379
    redis_password: SecretStr = SecretStr("")

    mlflow_port: Port = 5000
    mlflow_token: SecretStr = SecretStr("")

    ray_port: Port = 6379
    dashboard_port: Port = 8265
    ray_auth_token: SecretStr = SecretStr("")

    api_port: Port = 8000
    token_issuer: str = "trii"
    token_audience: str = "trii-api"
    token_ttl_s: PositiveInt = 12 * 3600
    body_limit_bytes: PositiveInt = 1_000_000
    bundle_limit_bytes: PositiveInt = 20 * 2**20
    request_timeout_s: PositiveFloat = 10.0
    quote_max_age_s: PositiveFloat = 5.0
    quote_interval_s: PositiveFloat = 1.0

    alpaca_api_key: SecretStr = SecretStr("")
    alpaca_api_secret: SecretStr = SecretStr("")
    alpaca_feed: Literal["iex", "sip"] = "iex"
    alpaca_start: date = Field(default=date(2016, 1, 4), description="first session of its history")
    alpaca_minute_days: PositiveInt = Field(default=30, description="of minute bars at first")
    alpaca_requests_per_minute: PositiveInt = 200
    alpaca_timeout_s: PositiveFloat = 30.0
    alpaca_data_url: str = "https://data.alpaca.markets"
    alpaca_trading_url: str = "https://paper-api.alpaca.markets"
    alpaca_stream_url: str = "wss://stream.data.alpaca.markets/v2"

    ingest_calendars: dict[Dataset, str] = Field(
        default={"synthetic": "24/7"}, description="calendar by dataset, taken in after each close"
    )
    ingest_delay_min: PositiveInt = Field(default=30, description="after the close")

    notify_channels: dict[ChannelName, Channel] = {}
    notify_private_hosts: bool = Field(default=False, description="may webhooks go to such?")

    job_user: str = Field(default="local", description="who submitted the job that runs here")
    job_attempt: str | None = Field(default=None, description="the attempt that runs here")

    runtime_dir: Path = Field(default=Path("/nonexistent"), description="sockets, Ray's session")

    @field_validator("ingest_calendars")
    @classmethod
    def _know_calendars(cls, value: dict[str, str]) -> dict[str, str]:
        from market.calendar import CALENDARS  # noqa: PLC0415 - loads numpy; this is rarely set

        for name in set(value.values()) - set(CALENDARS):
            raise ValueError(f"calendar {name!r}: expected one of {', '.join(CALENDARS)}")
        return value

    @property
    def secrets_path(self) -> Path:
        return self.home / "secrets"

    @property
    def lake_path(self) -> Path:
        return self.home / "lake"

    @property
    def results_path(self) -> Path:
        return self.home / "results"

    @property
    def models_path(self) -> Path:
        return self.home / "models"

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
        return f"http://{self.host}:{self.dashboard_port}"

    @property
    def mlflow_url(self) -> str:
        return f"http://{self.host}:{self.mlflow_port}"

    @property
    def ray_address(self) -> str:
        return f"{self.host}:{self.ray_port}"

    def postgres_dsn(self, role: PostgresRole) -> str:
        """A libpq URL for one application's role; holds its password, so never log it."""
        password: SecretStr = getattr(self, f"postgres_{role}_password")
        database = "mlflow" if role == "mlflow" else self.postgres_database
        credentials = f"trii_{role}:{quote(password.get_secret_value(), safe='')}"
        return f"postgresql://{credentials}@{self.postgres_host}:{self.postgres_port}/{database}"

    def redis_url(self) -> str:
        """A redis URL; holds the password, so never log it."""
        password = quote(self.redis_password.get_secret_value(), safe="")
        return f"redis://:{password}@{self.redis_host}:{self.redis_port}/0"


def default_home() -> Path:
    """Where this user's platform keeps its state: `TRII_HOME`, else `~/.trii`.

    For root `/var/lib/trii`: PostgreSQL refuses to run as root, and no other user enters /root.
    """
    usual = Path("/var/lib/trii") if os.geteuid() == 0 else Path.home() / ".trii"
    return Path(os.environ.get("TRII_HOME") or usual).expanduser().absolute()


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

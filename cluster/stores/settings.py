"""Where data lie (URLs), and where the stores answer: `TRII_POSTGRES_…` and `TRII_REDIS_…`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote, urlencode

from pydantic import BaseModel, Field, FilePath, PositiveInt, SecretStr

DATASET_ORDER: Final = ("synthetic", "sample", "alpaca")
"""Those that ship; of a symbol that several datasets hold, the first one's is meant."""

PostgresRole = Literal["owner", "serve", "jobs", "mlflow"]
PostgresTls = Literal["disable", "prefer", "require", "verify-full"]


def _below_home(name: str) -> Callable[[dict[str, Any]], str]:
    return lambda given: (given["home"].absolute() / name).as_uri()


class DataSettings(BaseModel):
    """Where data lie: `file:` or `s3:` URLs, below the home where none is given; and which S3 is meant."""

    home: Path = Field(description="where the platform keeps its state")
    lake_url: str = Field(
        default_factory=_below_home("lake"), description="bars and what belongs to them"
    )
    results_url: str = Field(
        default_factory=_below_home("results"), description="results of backtests, and bundles"
    )
    models_url: str = Field(
        default_factory=_below_home("models"), description="versions fetched from MLflow, to serve"
    )
    artifacts_url: str = Field(
        default_factory=_below_home("artifacts"),
        description="what MLflow's own server keeps of runs and versions",
    )
    jobs_url: str = Field(
        default_factory=lambda given: f"{given['results_url'].rstrip('/')}/jobs",
        description="a folder for each job: its log and what it writes",
    )
    dataset_order: tuple[str, ...] = Field(
        default=DATASET_ORDER,
        description="datasets in the order in which a bare symbol is looked for; all others come "
        "behind them, by name",
    )
    s3_endpoint: str = Field(
        default="", description="where the S3 of `s3:` URLs answers; AWS where empty"
    )
    s3_region: str = Field(default="", description="its region; the machine's where empty")
    s3_access_key: SecretStr = Field(
        default=SecretStr(""), description="key of S3; the machine's own role where empty"
    )
    s3_secret_key: SecretStr = Field(default=SecretStr(""), description="secret of the key")
    s3_ca: FilePath | None = Field(
        default=None,
        description="certificates that S3's is checked against, and that of whatever else the same "
        "process speaks TLS to; else the machine's own",
    )

    def s3_variables(self) -> dict[str, str]:
        """What every client of S3 reads in its environment; holds the secret, so never log it."""
        given = {
            "AWS_ENDPOINT_URL": self.s3_endpoint,
            # Delta takes no address without TLS unasked.
            "AWS_ALLOW_HTTP": "true" if self.s3_endpoint.startswith("http://") else "",
            "AWS_REGION": self.s3_region,
            "AWS_DEFAULT_REGION": self.s3_region,
            "AWS_ACCESS_KEY_ID": self.s3_access_key.get_secret_value(),
            "AWS_SECRET_ACCESS_KEY": self.s3_secret_key.get_secret_value(),
            # Delta knows no setting of its own, and reads the second.
            "AWS_CA_BUNDLE": str(self.s3_ca or ""),
            "SSL_CERT_FILE": str(self.s3_ca or ""),
        }
        return {name: value for name, value in given.items() if value}


class PostgresSettings(BaseModel):
    """PostgreSQL, to which each application comes as a role of its own, `trii_<role>`."""

    postgres_host: str = Field(default="127.0.0.1", description="where PostgreSQL answers")
    postgres_port: PositiveInt = Field(default=5432, description="where PostgreSQL answers")
    postgres_database: str = Field(default="trii", description="the platform's own database")
    postgres_max_connections: PositiveInt = Field(
        default=200,
        description="connections that PostgreSQL takes, its `max_connections`; on a laptop the "
        "server is started with it",
    )
    postgres_owner_password: SecretStr = Field(
        default=SecretStr(""), description="password of `trii_owner`, which migrates the schema"
    )
    postgres_serve_password: SecretStr = Field(
        default=SecretStr(""), description="password of `trii_serve`, as which applications come"
    )
    postgres_jobs_password: SecretStr = Field(
        default=SecretStr(""),
        description="password of `trii_jobs`, as which jobs and commands come",
    )
    postgres_mlflow_password: SecretStr = Field(
        default=SecretStr(""),
        description="password of `trii_mlflow`, which has the database `mlflow`",
    )

    postgres_tls: PostgresTls = Field(
        default="prefer", description="whether PostgreSQL is spoken to in TLS, and who it must be"
    )
    postgres_ca: FilePath | None = Field(
        default=None,
        description="certificates that PostgreSQL's is checked against; else the machine's own",
    )

    def postgres_dsn(self, role: PostgresRole, *, database: str | None = None) -> str:
        """A libpq URL for one application's role; holds its password, so never log it."""
        own = "mlflow" if role == "mlflow" else self.postgres_database
        address = f"{self.postgres_host}:{self.postgres_port}/{database or own}"
        login = f"trii_{role}:{_written(getattr(self, f'postgres_{role}_password'))}"
        return f"postgresql://{login}@{address}?{urlencode(self._tls(), quote_via=quote, safe='')}"

    def _tls(self) -> dict[str, str]:
        given: dict[str, str] = {"sslmode": self.postgres_tls}
        if self.postgres_tls == "verify-full":
            given["sslrootcert"] = str(self.postgres_ca or "system")
        return given


class RedisSettings(BaseModel):
    """Valkey, or any other server of the Redis protocol."""

    redis_host: str = Field(default="127.0.0.1", description="where Valkey answers")
    redis_port: PositiveInt = Field(default=6379, description="where Valkey answers")
    redis_user: str = Field(default="", description="user of Valkey; its default one where empty")
    redis_password: SecretStr = Field(default=SecretStr(""), description="password of Valkey")

    redis_tls: bool = Field(
        default=False, description="whether Valkey is spoken to in TLS, its name checked"
    )
    redis_ca: FilePath | None = Field(
        default=None,
        description="certificates that Valkey's is checked against; else the machine's own",
    )

    def redis_url(self) -> str:
        """A redis URL; holds the password, so never log it."""
        login = f"{quote(self.redis_user, safe='')}:{_written(self.redis_password)}"
        address = f"{login}@{self.redis_host}:{self.redis_port}/0"
        if not self.redis_tls:
            return f"redis://{address}"
        checked = f"?ssl_ca_certs={quote(str(self.redis_ca), safe='')}" if self.redis_ca else ""
        return f"rediss://{address}{checked}"


def _written(password: SecretStr) -> str:
    """As a URL has it."""
    return quote(password.get_secret_value(), safe="")

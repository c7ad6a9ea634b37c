"""The groups `TRII_POSTGRES_…` and `TRII_REDIS_…`: where the stores answer, with which passwords."""

from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel, Field, PositiveInt, SecretStr

PostgresRole = Literal["owner", "serve", "jobs", "mlflow"]


class PostgresSettings(BaseModel):
    """The database server. Each application comes as a role of its own, `trii_<role>`."""

    postgres_host: str = Field(default="127.0.0.1", description="where PostgreSQL answers")
    postgres_port: PositiveInt = Field(default=5432, description="where PostgreSQL answers")
    postgres_database: str = Field(default="trii", description="the platform's own database")
    postgres_owner_password: SecretStr = Field(
        default=SecretStr(""), description="of `trii_owner`, which migrates the schema"
    )
    postgres_serve_password: SecretStr = Field(
        default=SecretStr(""), description="of `trii_serve`, as which applications come"
    )
    postgres_jobs_password: SecretStr = Field(
        default=SecretStr(""), description="of `trii_jobs`, as which jobs and commands come"
    )
    postgres_mlflow_password: SecretStr = Field(
        default=SecretStr(""), description="of `trii_mlflow`, which has the database `mlflow`"
    )

    def postgres_dsn(self, role: PostgresRole) -> str:
        """A libpq URL for one application's role; holds its password, so never log it."""
        password: SecretStr = getattr(self, f"postgres_{role}_password")
        database = "mlflow" if role == "mlflow" else self.postgres_database
        credentials = f"trii_{role}:{quote(password.get_secret_value(), safe='')}"
        return f"postgresql://{credentials}@{self.postgres_host}:{self.postgres_port}/{database}"


class RedisSettings(BaseModel):
    """Valkey, or any server of the Redis protocol."""

    redis_host: str = Field(default="127.0.0.1", description="where Valkey answers")
    redis_port: PositiveInt = Field(default=6379, description="where Valkey answers")
    redis_password: SecretStr = Field(default=SecretStr(""), description="of Valkey's user")

    def redis_url(self) -> str:
        """A redis URL; holds the password, so never log it."""
        password = quote(self.redis_password.get_secret_value(), safe="")
        return f"redis://:{password}@{self.redis_host}:{self.redis_port}/0"

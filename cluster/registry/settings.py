"""The groups `TRII_MLFLOW_…` and `TRII_TRAIN_…`: where versions of models are kept, what they learn from."""

from pydantic import BaseModel, Field, FilePath, PositiveInt, SecretStr


class MlflowSettings(BaseModel):
    """MLflow, which keeps runs and versions of models."""

    mlflow_host: str = Field(default="127.0.0.1", description="where MLflow answers")
    mlflow_port: PositiveInt = Field(default=5000, description="where MLflow answers")
    mlflow_token: SecretStr = Field(default=SecretStr(""), description="token that lets one in")
    mlflow_jobs_token: SecretStr = Field(
        default=SecretStr(""), description="token of jobs, which writes runs and no versions"
    )
    mlflow_tls: bool = Field(
        default=False, description="whether MLflow is spoken to in TLS, its name checked"
    )
    mlflow_ca: FilePath | None = Field(
        default=None,
        description="certificates that MLflow's is checked against; else the machine's own",
    )

    def mlflow_variables(self, *, of_jobs: bool = False) -> dict[str, str]:
        """What MLflow's own client reads in its environment; holds a token, so never log it."""
        token = self.mlflow_jobs_token if of_jobs else self.mlflow_token
        ca = {"MLFLOW_TRACKING_SERVER_CERT_PATH": str(self.mlflow_ca)} if self.mlflow_ca else {}
        return {
            "MLFLOW_TRACKING_URI": self.mlflow_url,
            "MLFLOW_TRACKING_TOKEN": token.get_secret_value(),
            "MLFLOW_DISABLE_TELEMETRY": "true",  # nothing is sent to anybody unasked
            # What MLflow keeps goes by its server. Where that keeps it in a bucket, its client would
            # reach the bucket itself, without the certificates and the proxy that our settings name.
            "MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD": "false",
            "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "false",
            **ca,
        }

    @property
    def mlflow_url(self) -> str:
        return f"http{'s' * self.mlflow_tls}://{self.mlflow_host}:{self.mlflow_port}"


class TrainSettings(BaseModel):
    """Sweeps and trainings."""

    train_universe: str = Field(default="sample", description="the universe that models learn from")
    first_sweep_trials: PositiveInt | None = Field(
        default=None,
        description="networks that the sweep of `trii up` tries; by default all of them",
    )

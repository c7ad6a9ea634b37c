"""The groups `TRII_MLFLOW_…` and `TRII_TRAIN_…`: where versions of models are kept, what they learn from."""

from pydantic import BaseModel, Field, FilePath, PositiveInt, SecretStr


class MlflowSettings(BaseModel):
    """MLflow, which keeps runs and versions of models."""

    mlflow_host: str = Field(default="127.0.0.1", description="where MLflow answers")
    mlflow_port: PositiveInt = Field(default=5000, description="where MLflow answers")
    mlflow_token: SecretStr = Field(default=SecretStr(""), description="token that lets one in")
    mlflow_tls: bool = Field(
        default=False, description="whether MLflow is spoken to in TLS, its name checked"
    )
    mlflow_ca: FilePath | None = Field(
        default=None,
        description="certificates that MLflow's is checked against; else the machine's own",
    )

    def mlflow_variables(self) -> dict[str, str]:
        """What MLflow's own client reads in its environment; holds the token, so never log it."""
        token = {"MLFLOW_TRACKING_TOKEN": self.mlflow_token.get_secret_value()}
        ca = {"MLFLOW_TRACKING_SERVER_CERT_PATH": str(self.mlflow_ca)} if self.mlflow_ca else {}
        return token | ca

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

"""The group `TRII_MLFLOW_…`: where runs and versions of models are kept."""

from pydantic import BaseModel, Field, PositiveInt, SecretStr


class MlflowSettings(BaseModel):
    """MLflow, which keeps runs and versions of models."""

    mlflow_port: PositiveInt = Field(default=5000, description="where MLflow answers")
    mlflow_token: SecretStr = Field(default=SecretStr(""), description="token that lets one in")

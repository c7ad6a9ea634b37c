"""The group `TRII_MLFLOW_…`: where runs and versions of models are kept."""

from pydantic import BaseModel, Field, PositiveInt, SecretStr


class MlflowSettings(BaseModel):
    """The address of the MLflow server."""

    mlflow_port: PositiveInt = Field(default=5000, description="where MLflow answers")
    mlflow_token: SecretStr = Field(default=SecretStr(""), description="that lets one in")

"""The group `TRII_JOB_…`: what a process knows of the job that it is, and how large its code may be."""

from pydantic import BaseModel, Field, PositiveInt


class JobSettings(BaseModel):
    """Written by the queue for each attempt; a process that is no job has the defaults."""

    job_user: str = Field(default="local", description="who submitted the job that runs here")
    job_attempt: str | None = Field(default=None, description="the attempt that runs here")
    bundle_limit_bytes: PositiveInt = Field(
        default=20 * 2**20, description="the largest bundle of a scientist's own code"
    )

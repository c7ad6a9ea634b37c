"""The group `TRII_JOB_…`: what a process knows of the job that it is, and how large its code may be."""

from pydantic import BaseModel, Field, PositiveInt


class JobSettings(BaseModel):
    """The job that a process is, as the queue told it, and how large its own code may be."""

    job_user: str = Field(default="local", description="who submitted the job that runs here")
    job_attempt: str | None = Field(default=None, description="the attempt that runs here")
    bundle_limit_bytes: PositiveInt = Field(
        default=20 * 2**20, description="bytes that a bundle of one's own code may have"
    )

"""The groups `TRII_JOBS_…` and `TRII_JOB_…`: how many run, and what a process knows of its own."""

from pydantic import BaseModel, Field, PositiveInt


class JobSettings(BaseModel):
    """Jobs: how many run at a time, what one knows of itself, how large its own code may be."""

    job_user: str = Field(default="local", description="who submitted the job that runs here")
    jobs_at_once: PositiveInt = Field(
        default=50,
        description="jobs of all users that run at a time; each has a connection of PostgreSQL",
    )
    job_attempt: str | None = Field(default=None, description="the attempt that runs here")
    bundle_limit_bytes: PositiveInt = Field(
        default=20 * 2**20, description="bytes that a bundle of one's own code may have"
    )

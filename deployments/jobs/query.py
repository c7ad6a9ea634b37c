"""Which jobs a request means: the parameters in the paths and queries of their routes."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from cluster.queue.rules.states import JobState
from cluster.requests.spelling import Spelled
from deployments.http.fields import Digits, listed
from deployments.http.pages import Cursor, Limit, PageToken
from deployments.http.params import Params

JobId = Annotated[
    str,
    Spelled(r"^[a-z0-9][a-z0-9-]{0,79}$", "a job's id: small letters, digits and -, 80 at most"),
]


class JobsQuery(Params):
    """`GET /v1/jobs`."""

    state: (
        Annotated[
            list[JobState],
            BeforeValidator(listed),
            Field(min_length=1, max_length=20, description="such as queued,running"),
        ]
        | None
    ) = None
    user: (
        Annotated[str, Field(min_length=1, max_length=128, description="others' are for operators")]
        | None
    ) = None
    limit: Limit = 50
    page_token: PageToken = None


class JobCursor(Cursor):
    """After which job the next page begins."""

    id: JobId


class OneJob(Params):
    """`/v1/jobs/{id}`, and what lies below it."""

    id: JobId


class LogQuery(OneJob):
    """`/v1/jobs/{id}/logs`."""

    start: Digits | None = Field(
        None,
        alias="from",
        description="bytes to pass over: 0, or X-Log-Next of the part before; without it the last part",
    )


class OneArtifact(OneJob):
    """`/v1/jobs/{id}/artifacts/{name}`."""

    name: Annotated[str, Field(min_length=1, max_length=512)]

"""What the OpenAPI document says of every application: problems, and the health that the edge answers."""

from typing import Any

from pydantic import BaseModel, Field

from deployments.http.problems import MEDIA_TYPE


class FaultOut(BaseModel):
    """One fault of the input."""

    loc: str = Field(examples=["query.limit"])
    msg: str
    type: str


class ProblemOut(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field(examples=["urn:trii:problem:unknown_symbol"])
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str
    errors: list[FaultOut]
    near: list[str] = []


def _response(description: str) -> dict[str, Any]:
    reference = {"$ref": "#/components/schemas/ProblemOut"}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": reference}}}


PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: _response("No valid bearer token"),
    403: _response("The token lacks the route's scope"),
    404: _response("Unknown, with names that look like it where there are any"),
    422: _response("Invalid input, every fault listed"),
    503: _response("Overloaded or still starting; see Retry-After"),
    504: _response("Not ready before the deadline"),
}
# What else a route answers that takes a body, and one that gives several forms.
OF_BODIES: dict[int | str, dict[str, Any]] = {
    400: _response("The body is not strict JSON"),
    413: _response("The body is over its limit"),
}
OF_CONFLICTS: dict[int | str, dict[str, Any]] = {
    409: _response("It contradicts what already stands, such as a key used for another request")
}
OF_FORMS: dict[int | str, dict[str, Any]] = {
    406: _response("None of the forms that Accept allows can be given")
}


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return {key: value for key, value in schema.items() if key != "$defs"}


SCHEMAS: dict[str, Any] = {model.__name__: _schema(model) for model in (FaultOut, ProblemOut)}


def _health(summary: str, word: str) -> dict[str, Any]:
    example = {"status": word}
    answer = {"description": summary, "content": {"application/json": {"example": example}}}
    return {"get": {"summary": summary, "tags": ["health"], "responses": {"200": answer}}}


HEALTH_PATHS: dict[str, Any] = {
    "/healthz": _health("A server is up", "ok"),
    "/readyz": _health("A server takes requests", "ready"),
}

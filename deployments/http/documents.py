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


Responses = dict[int | str, dict[str, Any]]


def header(description: str) -> dict[str, Any]:
    """A header of an answer, as the document has it."""
    return {"description": description, "schema": {"type": "string"}}


def text(media: str, description: str, **more: str) -> dict[str, Any]:
    """An answer that is one text, or the bytes of a file (`format="binary"`)."""
    schema = {"type": "string", **more}
    return {"description": description, "content": {media: {"schema": schema}}}


REQUEST_ID: dict[str, Any] = header("The request's id, as in its body")


def _problem(description: str, **headers: str) -> dict[str, Any]:
    reference = {"$ref": "#/components/schemas/ProblemOut"}
    found = {"description": description, "content": {MEDIA_TYPE: {"schema": reference}}}
    told = {name.replace("_", "-"): header(words) for name, words in headers.items()}
    return {**found, "headers": told} if told else found


PROBLEMS: Responses = {
    401: _problem("No valid bearer token", www_authenticate="How to say who asks"),
    403: _problem("The token lacks the route's scope"),
    404: _problem("Unknown, with names that look like it where there are any"),
    422: _problem("Invalid input, every fault listed"),
    500: _problem("Something failed inside; the request id names the record of it"),
    503: _problem("Overloaded or still starting", retry_after="Seconds to wait"),
    504: _problem("Not ready before the deadline"),
}
"""What every route may answer."""
OF_BODIES: Responses = {
    400: _problem("The body is not strict JSON"),
    413: _problem("The body is over its limit"),
    415: _problem("The body's Content-Type is not JSON"),
}
"""What a route with a body answers as well."""
# What else a route answers that may contradict what stands, and one that gives several forms.
OF_CONFLICTS: Responses = {
    409: _problem("It contradicts what already stands, such as a key used for another request")
}
OF_FORMS: Responses = {406: _problem("None of the forms that Accept allows can be given")}


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return {key: value for key, value in schema.items() if key != "$defs"}


SCHEMAS: dict[str, Any] = {model.__name__: _schema(model) for model in (FaultOut, ProblemOut)}


def _health(summary: str, word: str, *, otherwise: Responses) -> dict[str, Any]:
    example = {"status": word}
    schema = {"type": "object", "properties": {"status": {"type": "string"}}}
    content = {"application/json": {"schema": schema, "example": example}}
    answer = {"description": summary, "content": content}
    responses = {"200": answer, **{str(status): told for status, told in otherwise.items()}}
    name = f"is_{word}"
    return {
        "get": {"summary": summary, "tags": ["health"], "operationId": name, "responses": responses}
    }


HEALTH_PATHS: dict[str, Any] = {
    "/healthz": _health("A server is up", "ok", otherwise={}),
    "/readyz": _health("A server takes requests", "ready", otherwise={503: PROBLEMS[503]}),
}

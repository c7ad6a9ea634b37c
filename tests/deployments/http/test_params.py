"""Path and query as one model: every fault at once, and the model's fields in the document."""

from typing import Annotated, Literal

import pytest
from fastapi import Depends, Request
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from pydantic import Field

from deployments.http.envelope import envelope
from deployments.http.fields import DIGITS, Digits, SymbolList
from deployments.http.params import Params, documented, params
from deployments.http.route import make_router
from tests.examples import examples


class Query(Params):
    name: Literal["a", "b"]
    limit: Annotated[int, Field(ge=1, le=9), DIGITS] = Field(5, description="rows")
    start: Annotated[Digits, Field(alias="from")] = 0
    need: Literal["x", "y"]


@pytest.fixture
def ask(asking):
    router = make_router()

    @router.get("/things/{name}")
    async def thing(request: Request, query: Annotated[Query, Depends(params(Query))]):
        return envelope(request, query.model_dump())

    @router.get("/bare")
    async def bare(request: Request):
        return envelope(request, "bare")

    return asking(router)


def faults(answer):
    assert answer.status_code == 422, answer.text
    return {(fault["loc"], fault["type"]) for fault in answer.json()["errors"]}


def test_path_and_query_become_one_value(ask):
    answer = ask("/things/a?need=x&from=7")
    assert answer.json()["data"] == {"name": "a", "limit": 5, "start": 7, "need": "x"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/things/a", {("query.need", "missing")}),
        ("/things/c?need=x", {("path.name", "literal_error")}),
        ("/things/a?need=x&need=y", {("query.need", "repeated")}),
        ("/things/a?need=x&name=b", {("query.name", "extra_forbidden")}),
        ("/things/a?need=x&start=1", {("query.start", "extra_forbidden")}),
        ("/things/a?need=x&LIMIT=1", {("query.LIMIT", "extra_forbidden")}),
        (
            "/things/c?limit=0&from=-1&more=1&more=2",
            {
                ("path.name", "literal_error"), ("query.limit", "greater_than_equal"),
                ("query.from", "digits"), ("query.more", "extra_forbidden"),
                ("query.more", "repeated"), ("query.need", "missing"),
            },
        ),
        ("/bare?x=1&y=2", {("query.x", "extra_forbidden"), ("query.y", "extra_forbidden")}),
    ],
)  # fmt: skip
def test_every_fault_is_named_at_once(ask, path, expected):
    assert faults(ask(path)) == expected


@examples(50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["need", "limit", "from", "zz"]), st.text(max_size=4))))
def test_a_query_is_read_whole_or_refused_and_never_repeated(ask, query):
    answer = ask("/things/a", params=[("need", "x"), *query])
    names = [name for name, _ in query]
    repeated = len({"need", *names}) < len(names) + 1
    if answer.status_code == 200:
        assert not repeated
        assert "zz" not in names
    else:
        places = {place for place, _ in faults(answer)}
        assert places <= {f"query.{name}" for name in names}
        assert answer.text.isascii()


def test_the_document_has_each_field_in_its_place_under_the_name_that_clients_write():
    found = {field["name"]: field for field in documented(Query, ["name"])}
    assert list(found) == ["name", "limit", "from", "need"]
    assert {name: field["in"] for name, field in found.items()} == {
        "name": "path", "limit": "query", "from": "query", "need": "query",
    }  # fmt: skip
    assert [name for name, field in found.items() if field["required"]] == ["name", "need"]
    assert found["limit"]["description"] == "rows"
    schema = found["limit"]["schema"]
    assert (schema["default"], schema["minimum"], schema["maximum"]) == (5, 1, 9)


def test_the_document_has_lists_with_commas_and_nothing_that_may_be_null():
    class Lists(Params):
        some: SymbolList
        more: SymbolList | None = None
        one: Digits | None = None

    found = {field["name"]: field for field in documented(Lists, [])}
    assert {name: field.get("explode") for name, field in found.items()} == {
        "some": False, "more": False, "one": None,
    }  # fmt: skip
    assert found["more"]["schema"]["type"] == "array"
    assert found["one"]["schema"] == {
        "type": "integer", "minimum": 0, "maximum": 999_999_999, "title": "One",
    }  # fmt: skip

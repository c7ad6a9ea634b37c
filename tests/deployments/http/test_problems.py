"""Every error as a problem: its place in the table, and nothing of the inside on the wire."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster import errors
from cluster.errors import BadInput, Fault, Overloaded, TriiError, UnknownSymbol
from deployments.http.problems import MAX_FAULTS, Problem, from_error, from_status, internal
from deployments.http.route import make_router


def kinds(base=TriiError):
    """Every class of our errors."""
    return [base, *(found for kind in base.__subclasses__() for found in kinds(kind))]


OURS = [kind for kind in kinds() if kind.__module__ == errors.__name__]


def document(problem, path="/v1/x", request_id="r-1"):
    return json.loads(problem.body(path=path, request_id=request_id))


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_an_error_of_ours_is_told_by_its_class_and_one_from_inside_by_no_word(kind):
    found = document(from_error(kind("pool=SECRET")))
    assert found["status"] == kind.status
    assert found["type"] == f"urn:trii:problem:{found['code']}"
    if kind.status == 500:
        assert (found["code"], found["title"]) == ("internal", "Internal error")
        assert "SECRET" not in json.dumps(found)
    else:
        assert (found["code"], found["title"]) == (kind.code, kind.title)
        assert found["detail"] == "pool=SECRET"


def test_names_that_are_near_and_faults_stand_in_the_document():
    near = document(from_error(UnknownSymbol("no SYN01", near=["SYN001"])))
    assert near["near"] == ["SYN001"]
    fault = Fault("query.limit", "too many", "less_than_equal")
    found = document(from_error(BadInput("1 fault", faults=[fault])))
    assert found["errors"] == [{"loc": "query.limit", "msg": "too many", "type": "less_than_equal"}]
    assert "near" not in found


def test_more_faults_than_anybody_reads_are_cut_off():
    faults = [Fault("x" * 500, "m", "t")] * (MAX_FAULTS + 1)
    found = document(from_error(BadInput("many", faults=faults)))
    assert len(found["errors"]) == MAX_FAULTS
    assert len(found["errors"][0]["loc"]) == 128


def test_an_overload_says_when_to_come_back():
    assert from_error(Overloaded("full", retry_after_s=7)).headers == {"retry-after": "7"}


@pytest.mark.parametrize(
    ("status", "code", "title"),
    [
        (400, "bad_request", "Bad Request"),
        (401, "unauthenticated", "Unauthorized"),
        (404, "not_found", "Not Found"),
        (405, "method_not_allowed", "Method Not Allowed"),
        (406, "not_acceptable", "Not Acceptable"),
        (413, "too_large", "Request Entity Too Large"),
        (415, "unsupported_media_type", "Unsupported Media Type"),
        (418, "bad_request", "I'm a Teapot"),
        (499, "client_closed_request", "Error"),
        (500, "internal", "Internal error"),
        (502, "internal", "Internal error"),
        (503, "overloaded", "Service Unavailable"),
        (504, "deadline_exceeded", "Gateway Timeout"),
    ],
)
def test_a_bare_status_has_its_code(status, code, title):
    found = document(from_status(status))
    assert (found["status"], found["code"], found["title"]) == (status, code, title)


@given(status=st.integers(400, 599), detail=st.text())
def test_what_frameworks_say_is_told_unless_the_fault_is_ours(status, detail):
    found = document(from_status(status, detail=detail))
    ours = found["code"] == "internal"
    assert found["detail"] == (document(internal())["detail"] if ours else detail or found["title"])


@given(text=st.text(st.characters()), path=st.text(st.characters()))
def test_whatever_it_is_given_a_problem_is_plain_ascii_and_reads_back(text, path):
    problem = Problem(422, "invalid", text, text, faults=[Fault(text, text, text)], near=[text])
    body = problem.body(path=f"/{path}", request_id=text)
    assert body.isascii()
    found = json.loads(body)
    assert (found["title"], found["near"], found["request_id"]) == (text, [text], text)
    assert len(found["instance"]) <= 256
    assert not set(found["instance"]) & set(' "<>\\^`{|}\n\r\x00')


@pytest.mark.parametrize("path", ["/a%20b", "/%3Cscript%3E", "/é", "/%ED%A0%80", "/" + "a" * 300])
def test_an_answer_to_any_path_is_a_problem_that_quotes_it(asking, path):
    answer = asking(make_router())(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.text.isascii()
    assert "<" not in answer.json()["instance"]

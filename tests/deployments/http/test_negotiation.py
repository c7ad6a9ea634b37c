"""Which form an `Accept` header asks for, through a route that gives three."""

import pytest
from fastapi import Request
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from deployments.http.envelope import envelope
from deployments.http.negotiation import accepted, choose
from deployments.http.route import make_router
from tests.examples import examples

OFFERED = ("application/json", "text/csv", "application/vnd.apache.arrow.stream")
JSON, CSV, ARROW = OFFERED


@pytest.fixture
def ask(asking):
    router = make_router()

    @router.get("/form")
    async def form(request: Request):
        return envelope(request, choose(accepted(request), OFFERED))

    ask = asking(router)
    return lambda *accept: ask("/form", headers=[("accept", one) for one in accept])


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", JSON),
        (" ", JSON),
        ("*/*", JSON),
        ("text/csv", CSV),
        ("TEXT/CSV", CSV),
        ("text/*", CSV),
        ("text/csv; charset=utf-8", CSV),
        ("text/csv;q=0.2, application/json;q=0.1", CSV),
        ("application/*;q=0.9, text/csv", CSV),
        ("text/html, */*;q=0.1", JSON),
        # The most specific range decides, wherever it stands.
        ("*/*, application/json;q=0", CSV),
        ("application/*;q=0, */*", CSV),
        ("application/json;q=0.1, application/*", ARROW),
        # As good as each other: the order of the server.
        ("application/vnd.apache.arrow.stream, text/csv", CSV),
        ("text/csv;q=7, application/json;q=1", JSON),
        ("text/csv;q=x, application/json;q=0.1", JSON),
        ("text/csv ; q=0.5 , application/json;q=0.4", CSV),
    ],
)
def test_the_form_that_a_client_likes_best_is_given(ask, accept, form):
    assert ask(accept).json()["data"] == form


def test_several_lines_count_as_one(ask):
    assert ask("application/json;q=0.1", "text/csv").json()["data"] == CSV


@pytest.mark.parametrize(
    "accept", ["text/html", "image/*", "*/*;q=0", "application/json;q=0", "json", "text/csv;q=-1"]
)
def test_a_client_that_likes_none_is_told_what_there_is(ask, accept):
    answer = ask(accept)
    assert answer.status_code == 406
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == f"expected Accept to allow one of {', '.join(OFFERED)}"


def test_only_the_first_twenty_ranges_are_read(ask):
    assert ask(", ".join([*["a/b"] * 19, "text/csv"])).json()["data"] == CSV
    assert ask(", ".join([*["a/b"] * 20, "text/csv"])).status_code == 406


@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(
            [*OFFERED, "text/*", "*/*", ";q=", "0.5", "0", ",", ";", " ", "/", "é", "="]
        )
    ).map("".join)
)
def test_whatever_is_accepted_the_answer_is_a_form_or_a_refusal(ask, accept):
    answer = ask(accept.encode("latin-1"))
    assert answer.status_code == 406 or answer.json()["data"] in OFFERED

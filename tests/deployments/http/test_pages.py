"""Pages of any list, through a route that cuts them: nothing is lost, repeated or forged."""

import base64
import json
from typing import Annotated

import pytest
from fastapi import Depends, Request
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from deployments.http.envelope import envelope
from deployments.http.pages import Cursor, Limit, Pages, PageToken
from deployments.http.params import Params, params
from deployments.http.route import make_router
from tests.examples import examples

PROPERTY = examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])


class NumbersQuery(Params):
    least: int = 0
    limit: Limit = 50
    page_token: PageToken = None


class NumberCursor(Cursor):
    number: int


@pytest.fixture
def numbers():
    """What the route lists; a test may change it between two pages."""
    return list(range(7))


@pytest.fixture
def ask(asking, numbers):
    router = make_router()

    @router.get("/numbers")
    async def listed(
        request: Request, query: Annotated[NumbersQuery, Depends(params(NumbersQuery))]
    ):
        pages = Pages(query, NumberCursor)
        after = pages.after.number if pages.after else query.least - 1
        rows = sorted(number for number in numbers if number > after)[: pages.wanted]
        page, token = pages.cut(rows, lambda number: {"number": number})
        return envelope(request, page, next_page_token=token)

    return asking(router)


def token_of(answer):
    return answer.json()["next_page_token"]


@PROPERTY
@given(rows=st.sets(st.integers(0, 10**9), max_size=30), limit=st.integers(1, 12))
def test_pages_join_to_the_whole_and_only_the_last_has_no_token(ask, numbers, rows, limit):
    numbers[:] = rows
    found, sizes, token = [], [], ""
    while token is not None:
        query = {"limit": limit} | ({"page_token": token} if token else {})
        answer = ask("/numbers", params=query)
        found += answer.json()["data"]
        sizes.append(len(answer.json()["data"]))
        token = token_of(answer)
    assert found == sorted(rows)
    assert all(size == limit for size in sizes[:-1])
    assert sizes[-1] <= limit


def test_the_limit_may_change_from_page_to_page(ask):
    token = token_of(ask("/numbers?limit=2"))
    assert ask(f"/numbers?limit=4&page_token={token}").json()["data"] == [2, 3, 4, 5]


def test_what_comes_between_two_pages_moves_no_row(ask, numbers):
    token = token_of(ask("/numbers?limit=3"))
    numbers += [-1, 10]
    numbers.remove(0)
    assert ask(f"/numbers?limit=9&page_token={token}").json()["data"] == [3, 4, 5, 6, 10]


def refusal(answer):
    assert answer.status_code == 422, answer.text
    (fault,) = answer.json()["errors"]
    assert (fault["loc"], fault["type"]) == ("query.page_token", "page_token")
    return fault["msg"]


def test_a_token_belongs_to_its_query(ask):
    token = token_of(ask("/numbers?limit=2"))
    answer = ask(f"/numbers?least=3&limit=2&page_token={token}")
    assert refusal(answer) == "the token belongs to another query: repeat the same parameters"


@PROPERTY
@given(token=st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=60))
def test_no_text_is_taken_for_a_token(ask, token):
    answer = ask("/numbers", params={"page_token": token})
    assert refusal(answer) == "not a token that this route gave"


@pytest.mark.parametrize(
    "change",
    [
        {"number": "3"}, {"number": 3.5}, {"number": None}, {"number": True}, {"more": 1},
        {"query": 7}, {"query": None},
    ],
)  # fmt: skip
def test_a_token_made_by_hand_is_checked_like_any_input(ask, change):
    token = token_of(ask("/numbers?limit=2"))
    fields = json.loads(base64.urlsafe_b64decode(token + "===")) | change
    forged = base64.urlsafe_b64encode(json.dumps(fields).encode()).rstrip(b"=").decode()
    refusal(ask(f"/numbers?limit=2&page_token={forged}"))


@pytest.mark.parametrize("token", ["%2B%2F%2B%2F", "ey J9", "AAAA====", "A" * 512])
def test_another_alphabet_or_length_is_no_token(ask, token):
    refusal(ask(f"/numbers?page_token={token}"))

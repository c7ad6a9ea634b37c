"""Names of universes and lists of members in requests, and the file that members come from."""

import pytest

from cluster.errors import BadInput
from cluster.requests.backtest import parse_request
from cluster.requests.universe import called, read_members


def request(**fields):
    return parse_request({"strategy": "sma-cross", **fields})


def test_a_universe_keeps_its_name_and_members_count_once():
    assert request(universe="mine:AAPL,^IXIC,AAPL,0700.HK").universe == "mine:AAPL,^IXIC,0700.HK"
    assert request(members=["A", "mine:B", "A"]).members == ("A", "mine:B")


@pytest.mark.parametrize("text", ["Mine", "mine:", "mine:a", "mine:A,", "a b", "mine:A:B", "a/b"])
def test_a_universe_of_another_form_is_refused_with_the_form(text):
    with pytest.raises(BadInput, match="some of its instruments, such as mine:AAPL,MSFT"):
        request(universe=text)


@pytest.mark.parametrize("member", ["", "aapl", "mine:", "A B", "mine:A,B", "x" * 70])
def test_a_member_of_another_form_is_refused_by_its_place(member):
    with pytest.raises(BadInput, match=r"DATASET:SYMBOL") as info:
        request(members=["AAPL", member])
    assert info.value.faults[0].loc == "members.1"


def test_neither_universe_nor_members_is_refused():
    with pytest.raises(BadInput, match="expected a universe such as sample, members, or both"):
        request()


def test_more_members_than_a_command_can_carry_are_refused():
    with pytest.raises(BadInput, match="at most 60000 characters"):
        request(members=[f"mine:S{n:06d}" for n in range(6000)])


def test_a_name_for_people_is_short_and_tells_lists_apart():
    assert called("mine", ()) == "mine"
    assert called("mine", ("A", "B")) == "mine:A,B"
    assert called(None, ("mine:A", "B")) == "mine:A,B"
    many = [f"S{n}" for n in range(100)]
    assert called("mine", many).startswith("mine:S0,… (100 members, ")
    assert called("mine", many) == called("mine", many[:1] + many[:0:-1])
    assert called("mine", many) != called("mine", many[1:])


def test_a_file_of_members_is_read_a_line_each(tmp_path):
    path = tmp_path / "members.txt"
    path.write_text("\ufeffAAPL  # the first\r\n\r\n# none\nmine:MSFT\nAAPL\n")
    assert read_members(path) == ("AAPL", "mine:MSFT")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"AAPL\nMS FT\n", "line 2: expected SYMBOL or DATASET:SYMBOL"),
        (b"# nobody\n", "names no member: one SYMBOL or DATASET:SYMBOL a line"),
        (b"\xff\xfe", "it is no text in UTF-8"),
        (None, "can't be read: No such file"),
    ],
)
def test_a_file_that_names_no_members_is_refused_with_the_line(tmp_path, content, says):
    path = tmp_path / "members.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput, match=says):
        read_members(path)

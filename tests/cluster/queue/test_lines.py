"""Lines of a log that comes in pieces."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cluster.queue.reader import LONGEST, Lines


@given(st.text(alphabet="ab\n", max_size=60), st.lists(st.integers(0, 60), max_size=8))
def test_lines_are_the_same_however_a_text_is_cut(text, cuts):
    whole, lines = Lines(), Lines()
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[a:b] for a, b in pairwise(edges)]
    found = [line for piece in pieces for line in lines.take(piece)] + lines.finish()
    assert found == whole.take(text) + whole.finish()
    assert lines.taken == len(text)
    assert "\n".join(found) == text.removesuffix("\n")


@given(st.integers(0, 3 * LONGEST + 5), st.integers(1, LONGEST))
def test_a_long_line_comes_in_parts_that_join_to_it(length, cut):
    text = "x" * length + "\n"
    whole, lines = Lines(), Lines()
    found = lines.take(text[:cut]) + lines.take(text[cut:])
    assert found == whole.take(text)
    assert ("".join(found), max(map(len, found)) <= LONGEST) == (text[:-1], True)


@given(st.lists(st.text(alphabet="ab", max_size=2 * LONGEST), max_size=3))
def test_a_line_stays_whole_where_nothing_is_too_long(texts):
    lines = Lines(longest=None)
    assert lines.take("".join(f"{text}\n" for text in texts)) == texts

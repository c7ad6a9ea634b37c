"""Parts of a log, and the way down to a file of a job: neither leads anywhere else."""

import pytest

from cluster.errors import NotFound
from cluster.queue.folder import LogEnd
from cluster.stores.places import at
from deployments.jobs.files import log_part, open_inside


def test_parts_of_a_log_cut_no_character_and_join_to_the_whole():
    log, start, parts = LogEnd("aü€😀" * 3, before=7), 7, []
    while start < log.before + len(log.text.encode()):
        part = log_part(log, start=start, limit=5)
        assert part.start == start
        parts.append(part.content)
        start += len(parts[-1])
    assert b"".join(parts).decode() == log.text
    assert all(part.decode() and len(part) <= 5 for part in parts)


@pytest.mark.parametrize(
    ("start", "begins", "content"),
    [
        (None, 17, b"three\n"),  # the last bytes, from the begin of a line
        (0, 7, b"first\nsec"),  # what is not given any more is passed over
        (13, 13, b"sec\nthree"),
        (99, 99, b""),
    ],
)
def test_the_part_of_a_log_says_where_it_begins(start, begins, content):
    part = log_part(LogEnd("first\nsec\nthree\n", before=7), start=start, limit=9)
    assert (part.start, part.content, part.length) == (begins, content, 23)


def test_the_end_of_a_log_that_is_one_long_line_is_cut_in_it():
    part = log_part(LogEnd("x" * 20), start=None, limit=6)
    assert (part.start, part.content) == (14, b"x" * 6)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "/", "/etc/passwd", "a/../log.txt", "../x", "a//b", "a\0", "a", "a/"]
)
def test_a_name_that_is_no_way_down_to_a_file_opens_nothing(tmp_path, name):
    (tmp_path / "job/a").mkdir(parents=True)
    (tmp_path / "job/log.txt").touch()
    (tmp_path / "x").touch()
    with pytest.raises(NotFound):
        open_inside(at(tmp_path / "job"), name)
    with open_inside(at(tmp_path / "job"), "log.txt") as file:
        assert file.read() == b""


def test_a_link_in_place_of_a_folder_is_not_followed(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/file").write_text("SECRET")
    top = tmp_path / "job"
    top.mkdir()
    (top / "sub").symlink_to(tmp_path / "outside")
    with pytest.raises(NotFound):
        open_inside(at(top), "sub/file")

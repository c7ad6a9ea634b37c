"""Parts of a log, and the way down to a file of a job: neither leads anywhere else."""

import pytest

from cluster.errors import NotFound
from deployments.jobs.files import log_part, open_inside


def test_parts_of_a_log_cut_no_character_and_join_to_the_whole():
    log, start, parts = "aü€😀".encode() * 3, 0, []
    while start < len(log):
        parts.append(log_part(log, start=start, limit=5))
        start += len(parts[-1])
    assert b"".join(parts) == log
    assert all(part.decode() and len(part) <= 5 for part in parts)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "/", "/etc/passwd", "a/../log.txt", "../x", "a//b", "a\0", "a", "a/"]
)
def test_a_name_that_is_no_way_down_to_a_file_opens_nothing(tmp_path, name):
    (tmp_path / "job/a").mkdir(parents=True)
    (tmp_path / "job/log.txt").touch()
    (tmp_path / "x").touch()
    with pytest.raises(NotFound):
        open_inside(tmp_path / "job", name)
    with open_inside(tmp_path / "job", "log.txt") as file:
        assert file.read() == b""


def test_a_link_in_place_of_a_folder_is_not_followed(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/file").write_text("SECRET")
    top = tmp_path / "job"
    top.mkdir()
    (top / "sub").symlink_to(tmp_path / "outside")
    with pytest.raises(NotFound):
        open_inside(top, "sub/file")

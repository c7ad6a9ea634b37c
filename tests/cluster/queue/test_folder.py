"""A job's folder is written by code that nobody knows: what stands there leads nowhere else."""

import os
from pathlib import Path
from threading import get_ident

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.queue import folder
from cluster.settings import Settings

PLANT = {
    "a link": lambda path, secret: path.symlink_to(secret),
    "a link to nothing": lambda path, secret: path.symlink_to(secret.with_name("none")),
    "a pipe": lambda path, secret: os.mkfifo(path),
    "a folder": lambda path, secret: path.mkdir(),
}


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path)


@pytest.fixture
def top(settings):
    made = folder.folder(settings, "j-1")
    made.make()
    return Path(made)


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret"
    path.write_text("hush")
    return path


@pytest.mark.parametrize("plant", PLANT.values(), ids=PLANT)
def test_what_stands_in_place_of_the_log_is_neither_followed_nor_waited_for(
    settings, top, secret, plant
):
    plant(top / folder.LOG, secret)
    assert folder.kept_log(settings, "j-1") is None


def test_a_log_is_written_through_no_link(settings, top, secret):
    (top / f".{folder.LOG}.{os.getpid()}.{get_ident()}").symlink_to(secret)
    (top / folder.LOG).symlink_to(secret)
    folder.keep_log(settings, "j-1", ["mine\n"])
    assert secret.read_text() == "hush"
    assert folder.kept_log(settings, "j-1").text == "mine\n"


def test_links_are_no_artifacts(settings, top, secret):
    (top / "own").write_text("x")
    (top / "other").symlink_to(secret)
    (top / "more").symlink_to(secret.parent)
    assert [one.name for one in folder.artifacts(settings, "j-1")] == ["own"]


PIECES = ("one\r\n", "two\rthree\n", "four")


@pytest.mark.parametrize(
    ("limit", "kept"), [(3, "one"), (8, "one\ntwo"), (99, "one\ntwo\nthree\nfour")]
)
def test_a_log_that_is_too_long_is_kept_up_to_the_limit(settings, limit, kept):
    folder.keep_log(settings, "j-1", iter(PIECES), limit=limit)
    assert folder.kept_log(settings, "j-1").text == kept


def test_the_end_of_a_log_is_shown_alike_from_ray_and_from_the_disk_and_says_what_is_left_out(
    settings, monkeypatch
):
    monkeypatch.setattr(folder, "SHOWN", 7)
    (folder.folder(settings, "j-1") / folder.LOG).write_bytes("".join(PIECES).encode())
    shown = folder.end_of(PIECES)
    assert (shown.text, shown.before) == ("ee\nfour", len("".join(PIECES)) - 7)
    assert str(shown).splitlines()[0] == (
        "[12 bytes before this are left out; the job's log.txt has them]"
    )
    assert folder.kept_log(settings, "j-1") == shown


@given(st.lists(st.text("aü€😀\n", max_size=9), max_size=9), st.integers(1, 12))
def test_the_end_of_a_log_is_as_long_as_is_shown_however_it_comes(pieces, shown):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder, "SHOWN", shown)
        whole, end = "".join(pieces), folder.end_of(pieces)
    assert end.text == whole[-shown:]
    assert end.before == len(whole.encode()) - len(end.text.encode())


@pytest.mark.long
def test_a_folder_in_a_bucket_keeps_logs_and_lists_files_as_one_on_a_disk(
    object_store, settings, monkeypatch
):
    monkeypatch.setattr(folder, "SHOWN", 7)
    there = settings.model_copy(update={"jobs_url": object_store.folder()})
    told = []
    for kept in (settings, there):
        assert folder.kept_log(kept, "j-1") is None
        assert folder.artifacts(kept, "j-1") == []
        folder.set_aside_log(kept, "j-1", 1)  # there is none
        folder.folder(kept, "j-1").make()
        folder.keep_log(kept, "j-1", ["first\n"])
        folder.set_aside_log(kept, "j-1", 1)
        folder.keep_log(kept, "j-1", iter(PIECES), limit=9)
        for name in ("plots/a.svg", ".draft", "plots/.draft"):
            (folder.folder(kept, "j-1") / name).write_bytes(b"x")
        told.append((folder.kept_log(kept, "j-1"), folder.artifacts(kept, "j-1")))
    assert told[0] == told[1]
    assert [file.name for file in told[1][1]] == ["log-1.txt", "log.txt", "plots/a.svg"]

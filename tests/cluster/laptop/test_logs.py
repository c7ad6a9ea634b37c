"""`trii logs`: each component's and application's own log, found by its name and followed."""

import json

import pytest

from cluster.cli.main import main
from cluster.laptop import state as states
from cluster.laptop.logs import Tail, logs_of


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A platform that was started: a component's log, two replicas of quotes, one of which ended."""
    home = tmp_path / "home"
    (home / "logs").mkdir(parents=True)
    (home / "logs/postgres.log").write_text("ready\n")
    state = states.PlatformState("id", str(tmp_path / "run"), dict.fromkeys(PORTS, 1))
    states.save(home, state)
    ray = tmp_path / "run/ray/session_latest/logs"
    (ray / "serve").mkdir(parents=True)
    for place, app in enumerate(("quotes:Quotes", "quotes:Quotes", "api:Api")):
        text = f":job_id:01\n:actor_name:ServeReplica:{app}\nline {place}\n"
        (ray / f"worker-{place}-01-9.err").write_text(text)
    (ray / "worker-7-01-9.err").write_text("a task of somebody\n")
    (ray / "serve/replica_quotes_Quotes_x1.log").write_text("Serve says\n")
    monkeypatch.setenv("TRII_HOME", str(home))
    return home


PORTS = ("api", "dashboard", "mlflow", "postgres", "redis", "ray")


@pytest.fixture
def trii(capsys, home):
    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["logs", *arguments])
        return ended.value.code, *capsys.readouterr()

    return run


def test_an_applications_log_is_that_of_all_its_replicas(trii):
    code, out, err = trii("quotes")
    assert (code, err) == (0, "")
    assert all(text in out for text in ("line 0", "line 1", "Serve says"))
    assert "line 2" not in out
    assert out.count("==> ") == 3


def test_a_components_log_is_found_by_its_name(trii):
    _, out, _ = trii("postgres", "--json")
    assert [one["text"] for one in json.loads(out)] == ["ready\n"]


def test_without_a_name_all_are_listed(trii):
    assert set(json.loads(trii("--json")[1])) == {"api", "postgres", "quotes"}
    assert "postgres" in trii()[1]


def test_a_name_that_has_no_log_is_answered_with_those_there_are(trii):
    code, out, err = trii("quote")
    assert (code, out) == (2, "")
    assert "expected one of api, postgres, quotes; did you mean quotes?" in err


def test_only_the_last_lines_are_shown_at_first(trii, home):
    (home / "logs/postgres.log").write_text("one\ntwo\nthree\n")
    assert trii("postgres", "--lines", "2")[1].endswith("<==\ntwo\nthree\n")


def test_following_shows_what_is_written_and_files_that_are_new_until_ctrl_c(
    trii, home, monkeypatch
):
    folder = logs_of(home)["api"][0].parent

    def later(_seconds):
        if (folder / "worker-8-01-9.err").exists():
            raise KeyboardInterrupt
        with (folder / "worker-2-01-9.err").open("a") as file:
            file.write("more\n")
        (folder / "worker-8-01-9.err").write_text(":actor_name:ServeReplica:api:Api\nnew\n")

    monkeypatch.setattr("cluster.laptop.cli.logs.time.sleep", later)
    code, out, _ = trii("api", "-f", "--lines", "1")
    assert code == 0
    assert out.count("line 2") == 1
    assert out.endswith("new\n")
    assert "<==\nline 2\nmore\n==> " in out


def test_a_file_that_began_anew_is_read_from_its_begin(tmp_path):
    path = tmp_path / "x.log"
    path.write_text("a long line\n")
    tail = Tail(lambda: [path], lines=5)
    assert dict(tail) == {path: "a long line\n"}
    assert dict(tail) == {}
    path.write_text("anew\n")
    assert dict(tail) == {path: "anew\n"}

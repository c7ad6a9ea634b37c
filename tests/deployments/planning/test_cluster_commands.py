"""`trii cluster`: from an environment's name to a file that Ray takes, and its price."""

import json
from pathlib import Path

import pytest

from cluster.cli.main import main
from deployments.planning.demands import demands, deployments

ROOT = Path(__file__).parents[3]


def run(capsys, *words):
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    told = capsys.readouterr()
    return ended.value.code, told.out, told.err


@pytest.mark.parametrize("environment", ["dev", "staging", "production"])
def test_a_rendered_file_passes_our_rules_with_every_replica_placed(environment, tmp_path, capsys):
    path = tmp_path / "cluster.yaml"

    code, out, _ = run(capsys, "cluster", "render", "--env", environment, "--output", str(path))
    assert (code, out) == (0, f"wrote {path}\n")
    code, out, _ = run(capsys, "cluster", "validate", str(path))
    assert code == 0
    assert out.startswith(f"{path}: nothing wrong")


def test_the_file_at_the_root_is_sound(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    code, out, _ = run(capsys, "cluster", "validate")
    assert (code, out.split(":")[0]) == (0, "cluster.yaml")


def test_a_pool_too_small_for_a_replica_is_named_with_the_deployment(tmp_path, capsys):
    path = tmp_path / "cluster.yaml"
    text = (ROOT / "cluster.yaml").read_text()
    path.write_text(text.replace("trii/pool-serve: 'true'", "trii/pool-batch: 'true'"))

    code, out, _ = run(capsys, "cluster", "validate", str(path), "--json")

    told = json.loads(out)
    assert code == 1
    named = {finding["what"].split()[0] for finding in told["findings"]}
    assert {demand.name for demand in demands()} == named
    assert all(finding["rule"] == "waits-for-ever" for finding in told["findings"])
    assert all(finding["line"] > 1 for finding in told["findings"])


def test_every_deployment_that_is_served_is_asked_for(capsys):
    assert [demand.name for demand in demands()] == [
        f"{application}/{deployment['name']}" for application, deployment in deployments()
    ]
    assert all(demand.resources and demand.selector for demand in demands())


def test_without_output_the_file_is_printed_whole(capsys):
    code, out, err = run(capsys, "cluster", "render", "--env", "production")
    assert (code, err) == (0, "")
    assert out == (ROOT / "cluster.yaml").read_text()


def test_costs_agree_between_table_and_document(capsys):
    _, table, _ = run(capsys, "cluster", "cost", "--env", "dev")
    code, out, _ = run(capsys, "cluster", "cost", "--env", "dev", "--json")

    told = json.loads(out)
    assert code == 0
    summed = sum(kind["usd_per_hour"] * kind["most"] for kind in told["node_types"])
    assert summed == pytest.approx(told["usd_per_hour"]["maximum"])
    assert f"at its maximum: {summed:,.2f} USD an hour" in table
    assert f"prices of {told['prices_dated']}" in table


def test_machines_are_listed_with_the_prices_of_a_region(capsys):
    _, table, _ = run(capsys, "cluster", "machines", "--region", "us-east-1")
    code, out, _ = run(capsys, "cluster", "machines", "--region", "us-east-1", "--json")
    assert code == 0
    assert all(kind["machine"] in table for kind in json.loads(out))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("render", "--env", "prod"), "'prod' is not one of 'dev', 'staging', 'production'"),
        (("render", "--env", "dev", "--ground", "/nowhere.json"), "/nowhere.json: can't be read"),
        (("render", "--env", "dev", "--output", "/nowhere/c.yaml"), "--output /nowhere/c.yaml"),
        (("validate", "/nowhere.yaml"), "/nowhere.yaml: can't be read"),
        (("machines", "--region", "mars-1"), "--region mars-1: no prices"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_status_2(words, said, capsys):
    code, out, err = run(capsys, "cluster", *words)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_day_is_simulated_from_a_list_of_jobs_to_dollars(tmp_path, capsys):
    jobs = tmp_path / "jobs.csv"
    jobs.write_text(
        "at,name,pool,tasks,seconds,cpus,gpus\n"
        "2:00,backtest,batch,100,600,1,0\n22:00,sweep,gpu-spot,3,1800,0,1\n"
    )
    words = ("cluster", "simulate", "--env", "production", "--peak", "20000", "--jobs", str(jobs))

    code, table, err = run(capsys, *words)
    assert (code, err) == (0, "")
    _, out, _ = run(capsys, *words, "--json")
    told = json.loads(out)

    assert told["tasks_ended"] == 103
    # More than the pool may have nodes for at a time is not what it can never hold.
    assert (told["never_placed"], told["impossible"]) == (0, 0)
    assert told["most_nodes"] == {"serve": 6, "batch": 7, "gpu-spot": 3}
    assert f"{told['usd']:,.2f} USD for the day" in table
    hours = [line.split() for line in table.splitlines() if line[2:5] == ":00"]
    assert len(hours) == 24
    assert [hour[0] for hour in hours if hour[1] == "7"] == ["02:00"]


def test_a_day_is_drawn_into_a_file_or_the_option_is_named(tmp_path, capsys):
    words = ("cluster", "simulate", "--env", "dev", "--peak", "0", "--picture")
    path = tmp_path / "day.svg"
    code, _, _ = run(capsys, *words, str(path))
    assert code == 0
    assert path.read_text().startswith("<svg ")
    assert "A day of trii-dev, 0 requests a second at the open" in path.read_text()

    code, out, err = run(capsys, *words, "/nowhere/day.svg")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "--picture /nowhere/day.svg: can't be written" in err


def test_a_job_that_no_pool_can_hold_is_said_to_be_never_placed(tmp_path, capsys):
    jobs = tmp_path / "jobs.csv"
    jobs.write_text("at,name,pool,tasks,seconds,cpus,gpus\n2:00,a,batch,2,600,500,0\n")
    _, out, _ = run(capsys, "cluster", "simulate", "--env", "dev", "--jobs", str(jobs), "--json")
    told = json.loads(out)
    assert (told["never_placed"], told["impossible"], told["tasks_ended"]) == (2, 2, 0)


def test_an_account_is_asked_with_credentials_alone(tmp_path, capsys, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    code, out, err = run(capsys, "cluster", "validate", str(ROOT / "cluster.yaml"), "--account")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("trii: no credentials of AWS: run `aws configure`, or set AWS_PROFILE")

    file = tmp_path / "own.yaml"
    file.write_text("cluster_name: own\nprovider: {type: local}\n")
    code, _, err = run(capsys, "cluster", "validate", str(file), "--account")
    assert code == 2
    assert "--account needs provider.region" in err


def test_a_plan_names_what_ends_work_and_the_applications_that_move(tmp_path, capsys):
    path = tmp_path / "cluster.yaml"
    text = (ROOT / "cluster.yaml").read_text()
    path.write_text(text.replace("max_workers: 10\n", "max_workers: 1\n"))
    nodes = tmp_path / "nodes.json"
    nodes.write_text(json.dumps({"serve-m6i.2xlarge-eu-central-1a": 4}))
    words = ("cluster", "plan", str(path), "--against", str(ROOT / "cluster.yaml"))

    code, out, _ = run(capsys, *words, "--nodes", str(nodes))
    assert code == 1
    first = out.splitlines()[0]
    assert first.startswith("! serve-m6i.2xlarge-eu-central-1a: ")
    assert "3 nodes ended at once" in first
    assert "applications that move: quotes/Quotes, " in out

    code, out, _ = run(capsys, *words, "--nodes", str(nodes), "--yes", "--json")
    assert code == 0
    assert "quotes/Quotes" in json.loads(out)["applications"]


def test_a_plan_of_the_same_file_ends_nothing(capsys):
    path = str(ROOT / "cluster.yaml")
    code, out, _ = run(capsys, "cluster", "plan", path, "--against", path)
    assert code == 0
    assert out.startswith("~ head: Ray starts again on the head, and reads its state; ")
    assert out.count("\n") == 1


def test_numbers_of_nodes_are_the_running_clusters_own_where_it_is_asked(capsys):
    path = str(ROOT / "cluster.yaml")
    code, _, err = run(capsys, "cluster", "plan", path, "--nodes", path)
    assert code == 2
    assert "--nodes goes with --against FILE" in err


@pytest.mark.parametrize("text", ["{", "[]", '{"a": -1}', '{"a": "two"}'])
def test_numbers_of_nodes_that_are_none_are_refused(text, tmp_path, capsys):
    nodes = tmp_path / "nodes.json"
    nodes.write_text(text)
    path = str(ROOT / "cluster.yaml")
    code, _, err = run(capsys, "cluster", "plan", path, "--against", path, "--nodes", str(nodes))
    assert code == 2
    assert err.startswith(f"trii: --nodes {nodes}: ")

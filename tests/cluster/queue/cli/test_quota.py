"""`trii jobs quota`: what is shown, what is set, and what is refused."""

import json

import pytest

from cluster.fleet.settings import MachineRate


def shown(trii, *options):
    code, out, err = trii("quota", "--json", *options)
    assert code == 0, err
    return json.loads(out)


def test_limit_use_and_what_is_free_are_shown_by_user(trii):
    trii("submit", "--detach", "--cpus=2", "jobs.compact")
    everybody, local = shown(trii)
    assert (everybody["user_id"], everybody["running"]["limit"]) == ("*", 8)
    assert (local["user_id"], local["own"]) == ("local", False)
    assert local["cpus"] == {"limit": 32.0, "used": 0.0, "free": 32.0}  # it waits
    out = trii("quota")[1]
    assert out.splitlines()[1:] == [
        "*      *         8               32                4",
        "local  *         0 of 8, 8 free  0 of 32, 32 free  0 of 4, 4 free",
    ]


def test_some_limits_of_a_user_are_set_the_others_stay_and_it_can_be_undone(trii):
    told = shown(trii, "ada", "--cpus=4", "--gpus=none")
    assert told["own"]
    assert [told[name]["limit"] for name in ("running", "cpus", "gpus")] == [8, 4.0, None]
    assert shown(trii, "ada") == told
    assert "0, no limit" in trii("quota", "ada")[1]
    assert shown(trii, "ada", "--running=0")["cpus"]["limit"] == 4.0
    assert not shown(trii, "ada", "--remove")["own"]
    assert shown(trii, "ada")["running"]["limit"] == 8


def test_everybodys_quota_is_set_and_holds_at_once(trii):
    assert shown(trii, "*", "--cpus=1")["cpus"]["limit"] == 1.0
    code, _, err = trii("submit", "--detach", "--cpus=2", "jobs.compact")
    assert code == 2
    assert "quota: local may use 1 CPU " in err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--cpus=4"], "USER is missing"),
        (["--remove"], "USER is missing"),
        (["ada", "--remove", "--cpus=4"], "--remove stands alone"),
        (["*", "--remove"], "set its limits to none instead"),
        (["ada", "--cpus=-1"], "expected a number from 0 to 1,000,000, or none"),
        (["ada", "--cpus=nan"], "expected a number"),
        (["ada", "--gpus=many"], "expected a number"),
        (["ada", "--running=1.5"], "expected a whole number"),
        (["a\nb", "--running=1"], "USER: expected 1 to 128 printable characters"),
        (["", "--running=1"], "USER: expected"),
    ],
)
def test_bad_input_is_one_line_and_status_2_and_changes_nothing(trii, options, says):
    code, out, err = trii("quota", *options)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err
    assert [one["user_id"] for one in shown(trii)] == ["*"]


def test_a_job_that_no_day_could_pay_is_one_line_with_what_to_ask_for(trii, told):
    rates = {"batch": (MachineRate(usd_per_hour=0.8, cpus=16),)}
    told.append(told[0].model_copy(update={"budget_usd_per_day": 1.0, "pool_rates": rates}))
    code, _, err = trii("submit", "--detach", "--cpus=32", "jobs.compact")
    assert (code, err.count("\n")) == (2, 1)
    assert "1.00 USD a day may be spent (TRII_BUDGET_USD_PER_DAY); ask for fewer CPUs" in err
    code, _, err = trii("submit", "--detach", "--cpus=16", "jobs.compact")
    assert code == 0, err

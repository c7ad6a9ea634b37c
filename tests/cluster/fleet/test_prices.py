"""`trii cluster prices refresh`, spoken to by a price list in AWS's form and by moto's spot prices."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from moto import mock_aws

from cluster.cli.main import main
from cluster.fleet.machines import aws
from cluster.fleet.machines.catalogue import PRICES, machines, prices, regions

MOTO_SPOT = 0.00001  # of every machine in every zone
SOLD = {"operatingSystem": "Linux", "tenancy": "Shared", "preInstalledSw": "NA",
        "capacitystatus": "Used", "licenseModel": "No License required"}  # fmt: skip


def product(name, region, dollars, unit="Hrs"):
    """An item of the price list, with the fields of AWS's documentation that matter here."""
    code = f"{name}.JRTCKXETXF"
    dimension = {
        "unit": unit, "beginRange": "0", "endRange": "Inf", "appliesTo": [],
        "description": f"${dollars} per On Demand Linux {name} Instance Hour",
        "rateCode": f"{code}.6YS6EN2CT7", "pricePerUnit": {"USD": f"{dollars:.10f}"},
    }  # fmt: skip
    term = {"sku": name, "offerTermCode": "JRTCKXETXF", "termAttributes": {},
            "priceDimensions": {dimension["rateCode"]: dimension}}  # fmt: skip
    attributes = {**SOLD, "instanceType": name, "regionCode": region, "vcpu": "16"}
    return json.dumps(
        {
            "product": {"productFamily": "Compute Instance", "sku": name, "attributes": attributes},
            "serviceCode": "AmazonEC2",
            "terms": {"OnDemand": {code: term}},
            "publicationDate": "2026-11-27T18:21:04Z",
        }
    )


class PriceList:
    """AWS's price list: `sold` has what each machine costs, and `refusal` what it answers instead."""

    def __init__(self):
        self.sold = {key: [told.on_demand] for key, told in prices().items()}
        self.refusal = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, told = outer.answer(self.headers["X-Amz-Target"], asked)
                body = json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, target, asked):
        if self.refusal is not None:
            return self.refusal
        told = {field["Field"]: field["Value"] for field in asked["Filters"]}
        name, region = told.pop("instanceType"), told.pop("regionCode")
        understood = target == "AWSPriceListService.GetProducts" and told == SOLD
        assert understood, (target, asked)
        sold = self.sold.get((name, region), [])
        return 200, {
            "FormatVersion": "aws_v1",
            "PriceList": [product(name, region, dollars) for dollars in sold],
        }

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def nobody(monkeypatch, tmp_path):
    """A shell without credentials of AWS."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


@pytest.fixture
def listed(nobody, monkeypatch):
    told = PriceList()
    monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", told.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    mocked = mock_aws()
    mocked.start(reset=False)
    yield told
    mocked.stop(remove_data=False)
    told.server.shutdown()
    told.server.server_close()


@pytest.fixture
def refresh(capsys, tmp_path):
    def run(*words):
        with pytest.raises(SystemExit) as ended:
            main(["cluster", "prices", "refresh", "--output", str(tmp_path / "prices.csv"), *words])
        return ended.value.code, *capsys.readouterr()

    return run


def test_a_table_taken_anew_has_every_price_with_its_day_and_source(
    listed, refresh, tmp_path, monkeypatch
):
    listed.sold["m6i.large", "us-east-1"] = [0.111]
    del listed.sold["c6i.2xlarge", "eu-west-1"]

    code, out, err = refresh("--json")
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert told["changed"] == {
        "m6i.large in us-east-1": [prices()["m6i.large", "us-east-1"].on_demand, 0.111]
    }
    assert told["no_longer_there"] == ["c6i.2xlarge in eu-west-1"]
    assert told["prices"] == len(prices()) - 1

    header, *rows = (tmp_path / "prices.csv").read_text().splitlines()
    assert header == PRICES.read_text().splitlines()[0]
    assert rows == sorted(rows)
    assert all(row.endswith(f'{told["dated"]},"{aws.SOURCE}"') for row in rows)
    assert f"m6i.large,us-east-1,0.111,{MOTO_SPOT},{told['dated']}" in "\n".join(rows)


def test_regions_that_are_named_are_the_tables(listed, refresh, tmp_path):
    listed.sold |= {(name, "eu-north-1"): [1.0] for name in machines()}
    code, out, _ = refresh("--region", "eu-north-1")
    assert code == 0
    assert f"{len(machines())} prices of " in out
    assert {
        row.split(",")[1] for row in (tmp_path / "prices.csv").read_text().splitlines()[1:]
    } == {"eu-north-1"}


def test_without_credentials_one_line_says_how_to_have_some(nobody, refresh, tmp_path):
    code, out, err = refresh()
    assert (code, out) == (2, "")
    assert err.startswith(
        "trii: no credentials of AWS: run `aws configure`, or set AWS_PROFILE or "
    )
    assert err.count("\n") == 1
    assert not (tmp_path / "prices.csv").exists()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda told: setattr(
                told,
                "refusal",
                (400, {"__type": "AccessDeniedException", "message": "not authorized"}),
            ),
            "not authorized; the credentials must allow pricing:GetProducts and ec2:Describe",
        ),
        (
            lambda told: setattr(told, "refusal", (200, {"PriceList": ['{"terms": {}}']})),
            "AWS's price list can't be read (KeyError: 'OnDemand')",
        ),
        (lambda told: told.sold.clear(), "AWS has no price of c6a.4xlarge, "),
        (
            lambda told: told.sold.update({("m7i.2xlarge", regions()[-1]): [0.4, 0.5]}),
            f"m7i.2xlarge in {regions()[-1]} has 2 prices",
        ),
        (lambda told: told.server.server_close() or told.server.shutdown(), "AWS: "),
    ],
)
def test_where_aws_refuses_the_table_stays_as_it_was(listed, refresh, tmp_path, spoil, said):
    before = "machine,region\n"
    (tmp_path / "prices.csv").write_text(before)
    spoil(listed)

    code, out, err = refresh()
    assert (code, out) == (1, "")
    assert said in err
    assert err.count("\n") == 1
    assert [path.name for path in tmp_path.glob("prices*")] == ["prices.csv"]
    assert (tmp_path / "prices.csv").read_text() == before


def test_a_table_that_can_not_be_written_is_said_in_one_line(listed, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["cluster", "prices", "refresh", "--output", "/nowhere/prices.csv"])
    assert ended.value.code == 2
    assert "/nowhere/prices.csv: can't be written" in capsys.readouterr().err

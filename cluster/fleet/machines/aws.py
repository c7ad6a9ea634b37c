"""What AWS asks for machines now: its price list, and the newest spot price of each zone."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import Any, Final

from cluster.errors import BadInput, PlatformError
from cluster.fleet.machines.catalogue import Price

SOURCE: Final = "AWS price list, median of spot over zones"
# The price list answers in few regions, and tells of all of them.
_LISTED_IN: Final = "us-east-1"
_SOLD_AS: Final = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
    "licenseModel": "No License required",
}
_RIGHTS: Final = "pricing:GetProducts and ec2:DescribeSpotPriceHistory"

Table = dict[tuple[str, str], Price]


def fetch(names: Sequence[str], regions: Sequence[str], *, now: datetime) -> Table:
    """Prices by machine and region, without what is not sold there.

    Raises BadInput without boto3 or credentials, and PlatformError where AWS refuses, does not answer
    or tells something else.
    """
    found_session = session(_RIGHTS)
    # Beside boto3, which is there by now.
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        found = dict(_fetched(found_session, names, regions, now))
    except (BotoCoreError, ClientError) as exc:
        raise PlatformError(f"AWS: {exc}; the credentials must allow {_RIGHTS}") from exc
    except (LookupError, ValueError, TypeError) as exc:
        raise PlatformError(
            f"AWS's price list can't be read ({type(exc).__name__}: {exc})"
        ) from exc
    if not found:
        raise PlatformError(f"AWS has no price of {', '.join(names)} in {', '.join(regions)}")
    return found


def session(rights: str) -> Any:
    """A session of boto3, by whose credentials `rights` are needed. Raises BadInput without them."""
    try:
        import boto3  # noqa: PLC0415 - a quarter of a second, and not on every node
    except ImportError as exc:
        raise BadInput("boto3 is not installed: pip install 'trii[node]'") from exc
    begun = boto3.Session()
    if begun.get_credentials() is None:
        raise BadInput(
            "no credentials of AWS: run `aws configure`, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and "
            f"AWS_SECRET_ACCESS_KEY, of somebody who may do {rights}"
        )
    return begun


def _fetched(
    session: Any, names: Sequence[str], regions: Sequence[str], now: datetime
) -> Iterator[tuple[tuple[str, str], Price]]:
    pricing = session.client("pricing", region_name=_LISTED_IN)
    for region in regions:
        spot = _spot(session.client("ec2", region_name=region), names, now)
        for name in names:
            listed = _on_demand(pricing, name, region)
            if listed is not None:
                price = Price(listed, spot.get(name), now.date(), SOURCE)
                yield (name, region), price


def _on_demand(pricing: Any, name: str, region: str) -> float | None:
    """Dollars an hour; None where it is not sold there."""
    wanted = {"instanceType": name, "regionCode": region, **_SOLD_AS}
    answer = pricing.get_products(
        ServiceCode="AmazonEC2",
        Filters=[
            {"Type": "TERM_MATCH", "Field": field, "Value": value}
            for field, value in wanted.items()
        ],
    )
    found = {dollars for item in answer["PriceList"] for dollars in _hourly(json.loads(item))}
    if len(found) > 1:
        raise ValueError(f"{name} in {region} has {len(found)} prices")
    return next(iter(found), None)


def _hourly(product: Mapping[str, Any]) -> Iterator[float]:
    for term in product["terms"]["OnDemand"].values():
        for dimension in term["priceDimensions"].values():
            dollars = float(dimension["pricePerUnit"]["USD"])
            # Reserved capacity is listed as well, at nothing an hour.
            if dimension["unit"] == "Hrs" and dollars > 0:
                yield dollars


def _spot(ec2: Any, names: Sequence[str], now: datetime) -> dict[str, float]:
    """The median over a region's zones, of machines that are sold on spot there."""
    pages = ec2.get_paginator("describe_spot_price_history").paginate(
        InstanceTypes=list(names),
        ProductDescriptions=["Linux/UNIX"],
        # From now on: AWS tells the price that holds in each zone.
        StartTime=now,
    )
    zones: dict[str, dict[str, float]] = defaultdict(dict)
    for page in pages:
        for told in page["SpotPriceHistory"]:
            zones[told["InstanceType"]][told["AvailabilityZone"]] = float(told["SpotPrice"])
    return {name: median(held.values()) for name, held in zones.items()}

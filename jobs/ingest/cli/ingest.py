"""`trii data ingest`: from a provider, a package, a class of your own, or files."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from cluster.cli.output import json_option, print_json
from cluster.cli.request_options import request_options
from cluster.clock import utc_now
from cluster.errors import BadInput
from cluster.laptop import identity
from cluster.laptop.progress import StepLines
from cluster.providers import (
    BUILT_IN,
    DATASETS,
    Provider,
    check_dataset,
    from_class,
)
from cluster.providers.files import FilesProvider, FilesRequest
from cluster.providers.files.dates import pattern_of
from cluster.providers.files.figures import marks_of
from cluster.providers.files.sheets import separator_named
from cluster.providers.kit.loading import offered
from cluster.requests.ingest import IngestRequest, parse_ingest
from cluster.requests.options import request_data
from cluster.stores.lake import Lake
from jobs.ingest.actions import take_actions
from jobs.ingest.report import IngestReport, describe
from jobs.ingest.run import ingest as take
from market.errors import MarketError

_FILE_OPTIONS = (
    *("timeframe", "timezone", "stamped", "calendar", "currency", "adjusted"),
    *("symbol", "instruments", "actions", "columns", "header", "date_format"),
    *("separator", "decimal", "thousands"),
)


@click.command()
@click.option("--dataset", "datasets", multiple=True,
              help="Dataset to take; repeatable; by default those that `trii up` takes.")  # fmt: skip
@click.option("--provider", metavar="MODULE:CLASS",
              help="Provider of your own, which names its dataset.")  # fmt: skip
@request_options(IngestRequest, but=("dataset",))
@click.option("--files", "first_file", type=Path, help="CSV or Parquet files, or folders of them.")
@click.argument("more_files", nargs=-1, type=Path, metavar="[PATH]...")
@click.option("--timeframe", type=click.Choice(["1Day", "1Min"]),
              help="Length of the bars in files; by default their stamps tell it.")  # fmt: skip
@click.option("--timezone", help="Time zone of stamps in files that have no offset, such as "
              "Europe/Berlin.")  # fmt: skip
@click.option("--stamped", type=click.Choice(["start", "end"]),
              help="Which end of its minute a stamp in files names.  [default: start]")  # fmt: skip
@click.option("--calendar", help="Calendar of the instruments in files.  [default: XNYS]")
@click.option("--currency", help="Currency of the prices in files.  [default: USD]")
@click.option("--adjusted/--raw", default=None,
              help="Whether the prices in files are adjusted afterwards.")  # fmt: skip
@click.option("--symbol", help="Symbol of a file that has no column for it; by default the file's "
              "name.")  # fmt: skip
@click.option("--instruments", type=Path, help="File that lists the instruments of the files.")
@click.option("--actions", type=Path, help="File of splits, dividends, spin-offs, renames and "
              "delistings of the files' instruments.")  # fmt: skip
@click.option("--column", "columns", multiple=True, metavar="HEADER=FIELD",
              help="What a column of files holds; FIELD may be `ignore`; repeatable.")  # fmt: skip
@click.option("--header", metavar="A,B", help="Names of the columns of files that have none, such as "
              "date,open,high,low,close,volume.")  # fmt: skip
@click.option("--date-format", metavar="FORM", help="How dates in files are written where they do "
              "not tell it, such as DD.MM.YYYY.")  # fmt: skip
@click.option("--separator", metavar="NAME", help="Between the values of text files: comma, "
              "semicolon, tab or bar; by default it is found.")  # fmt: skip
@click.option("--decimal", metavar="MARK", help="Before decimals in files: . or , where the numbers "
              "do not tell it.")  # fmt: skip
@click.option(
    "--thousands", metavar="MARK", help="Between thousands in files: . , ' space or none."
)
@json_option
def ingest(
    *,
    datasets: tuple[str, ...],
    provider: str | None,
    symbols: str | None,
    since: str | None,
    first_file: Path | None,
    more_files: tuple[Path, ...],
    as_json: bool,
    **files: Any,
) -> int:
    """Bring datasets up to their last closed session.

    Exit status: 0 all good, 1 failed, some bars are in quarantine or something contradicts itself,
    2 bad input and nothing written.
    """
    paths = (*(() if first_file is None else (first_file,)), *more_files)
    if more_files and first_file is None:
        raise BadInput(f"{more_files[0]}: files are given with --files")
    if files["actions"] is not None and not paths:
        reports = [_take_actions(datasets, files)]
        _print(reports, as_json=as_json)
        return 0
    if not paths and (wrong := [name for name in _FILE_OPTIONS if files[name] not in {None, ()}]):
        raise BadInput(f"--{wrong[0]} says something of files: give them with --files")
    chosen = _providers(datasets, provider, paths, files)
    data = request_data(IngestRequest, {"symbols": symbols, "since": since})
    asked = [
        (parse_ingest({"dataset": name, **data}, own=name if source else ""), source)
        for name, source in chosen
    ]
    reports = [_take(request, source) for request, source in asked]
    _print(reports, as_json=as_json)
    return 0 if all(report.is_clean for report in reports) else 1


def _print(reports: list[IngestReport], *, as_json: bool) -> None:
    if as_json:
        print_json(reports)
    else:
        click.echo("\n".join(map(describe, reports)))


def _take_actions(datasets: tuple[str, ...], files: dict[str, Any]) -> IngestReport:
    """Actions for what the lake holds already. Raises BadInput before anything is written."""
    if len(datasets) != 1:
        raise BadInput("--actions: name the dataset that they belong to with one --dataset NAME")
    request = _files_request(datasets[0], (), files)
    return take_actions(Lake.of(identity.settings_here()), files["actions"], request, now=utc_now())


def _take(request: IngestRequest, provider: Provider | None) -> IngestReport:
    with StepLines().step(f"ingest {request.dataset}") as progress:
        try:
            return take(
                identity.settings_here(),
                dataset=request.dataset,
                clock=utc_now,
                progress=progress,
                provider=provider,
                symbols=request.symbols,
                since=request.since,
            )
        except MarketError as exc:
            raise BadInput(f"{request.dataset}: {exc}") from exc


def _providers(
    datasets: tuple[str, ...], target: str | None, paths: tuple[Path, ...], files: dict[str, Any]
) -> list[tuple[str, Provider | None]]:
    """Datasets and their providers, None where the name says it. Raises BadInput before any starts."""
    if target is not None:
        if datasets or paths:
            raise BadInput("--provider stands alone: its class names the dataset")
        provider = from_class(target)
        return [(provider.dataset, provider)]
    if not paths:
        return [(check_dataset(name), None) for name in datasets or DATASETS]
    if len(datasets) != 1:
        raise BadInput("--files: name the dataset that they become with one --dataset NAME")
    return [(datasets[0], _files_provider(datasets[0], paths, files))]


def _files_provider(dataset: str, paths: tuple[Path, ...], files: dict[str, Any]) -> Provider:
    if dataset in (*BUILT_IN, *offered()):
        raise BadInput(f"dataset {dataset} has its own provider: give the files another name")
    return FilesProvider(_files_request(dataset, paths, files))


def _files_request(dataset: str, paths: tuple[Path, ...], files: dict[str, Any]) -> FilesRequest:
    told = {name: value for name, value in files.items() if value is not None}
    told["columns"] = dict(map(_column, files["columns"]))
    told["marks"] = marks_of(told.pop("decimal", None), told.pop("thousands", None))
    told["header"] = tuple(name.strip() for name in (files["header"] or "").split(",") if name)
    if "separator" in told:
        told["separator"] = separator_named(files["separator"])
    if "date_format" in told:
        pattern_of(files["date_format"])
    if files["timezone"]:
        _check_zone(files["timezone"])
    return FilesRequest(dataset, paths, **told)


def _column(text: str) -> tuple[str, str]:
    header, sign, field = text.rpartition("=")
    if not (header and sign and field):
        raise BadInput(f"--column {text[:60]!r}: expected HEADER=FIELD, such as 'Last price=close'")
    return header, field


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise BadInput(
            f"--timezone {name[:40]!r}: unknown, expected one such as UTC or America/New_York"
        ) from exc

"""`trii data`: take market data in, look after them, and tell what the lake holds."""

import click

from jobs.cli_data_check import check
from jobs.cli_data_ingest import ingest
from jobs.cli_data_quarantine import quarantine
from jobs.cli_data_status import status, symbols
from jobs.cli_data_upkeep import compact, diff


@click.group()
def data() -> None:
    """Ingest market data, check them, compare snapshots, show freshness."""


for command in (ingest, check, status, symbols, quarantine, diff, compact):
    data.add_command(command)

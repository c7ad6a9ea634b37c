"""Take a dataset into the lake: provider, validation, quarantine, one atomic commit a window."""

from jobs.ingest.report import IngestReport, TimeframeReport, describe
from jobs.ingest.run import ingest

__all__ = ["IngestReport", "TimeframeReport", "describe", "ingest"]

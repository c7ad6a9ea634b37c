"""Take a dataset into the lake: provider, validation, quarantine, one atomic commit a window."""

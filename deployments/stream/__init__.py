"""Everything long-lived over HTTP: jobs as server-sent events."""

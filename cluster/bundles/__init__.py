"""A scientist's own code, packed by hash without secrets, and run as a job."""

"""The command line `trii`."""

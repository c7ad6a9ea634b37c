"""The indicators themselves, one family a file; the registry names them all."""

"""The strategies that ship, one a file; the registry names them all."""

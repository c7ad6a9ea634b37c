"""What every node of the platform knows: settings, errors, stores, registry, security, command line."""

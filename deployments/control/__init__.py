"""The application `control`: the loops that steer the platform, each under a lease."""

"""The application `control`: the loops that steer the platform, under one leader."""

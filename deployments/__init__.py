"""Serve applications and the HTTP toolkit that they share."""

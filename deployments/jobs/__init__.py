"""Jobs over HTTP: what their routes and their streams share."""

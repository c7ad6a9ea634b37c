"""Identity: keys, bearer tokens and the scopes that they carry."""

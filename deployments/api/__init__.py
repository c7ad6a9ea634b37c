"""The application `api`: reference data, bars, registry and results, and the API's own document."""

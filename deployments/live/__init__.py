"""The application `live`: the one writer that turns the synthetic market into quotes."""

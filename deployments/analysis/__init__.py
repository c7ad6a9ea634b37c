"""The application `analysis`: indicators and statistics of one instrument."""

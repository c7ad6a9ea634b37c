"""Where state lives: PostgreSQL for what needs transactions, Valkey for fan-out, the lake for data."""

"""The laptop platform: PostgreSQL, Valkey, MLflow and one Ray node on this machine, on loopback."""

"""What every provider is made from: its contract, tables, zones, patience and errors."""

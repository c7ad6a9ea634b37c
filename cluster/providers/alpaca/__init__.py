"""US equities from Alpaca: bars, corporate actions and assets by REST, live ones by WebSocket."""

"""The application `quotes`: the latest quotes, from memory."""

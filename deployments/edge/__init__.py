"""The edge: one ASGI middleware before admission, in Serve's proxies and in every replica."""

"""Code of a user's own: named by file or module, loaded here, and shipped with what it imports."""

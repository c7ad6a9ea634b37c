"""The machines that a pool may be made of: their sizes, and what they cost."""

"""What a source comes to: node types, what fits on them, and what they cost."""

"""The one truth of control: which applications run and which model versions serve."""

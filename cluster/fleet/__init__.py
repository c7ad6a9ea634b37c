"""The cluster's machines: its pools, and what every node starts with."""

"""What a cluster is to be: its pools by environment, and the ground that it stands on."""

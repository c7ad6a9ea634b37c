"""What pictures share: where values lie, and round marks for them."""

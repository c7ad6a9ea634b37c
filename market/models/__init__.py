"""What predicts without a framework: naive baselines, and the forward pass of a trained network."""

"""What the autoscaler may buy at this moment, steered through the file that it rereads."""

"""What decides in the queue: who starts next, what follows each thing that Ray says. Pure."""

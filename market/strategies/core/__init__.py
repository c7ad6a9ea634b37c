"""What every strategy is made from: parameters, declared inputs, the shapes of a rule, the book."""

"""What is wrong with a cluster's file, before anything is paid for: a rule each, by subject."""

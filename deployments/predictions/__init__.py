"""The application `predictions`: what the served models say of each instrument."""

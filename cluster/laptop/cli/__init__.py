"""`trii up`, `down`, `status` and `doctor`: this machine's platform as a whole."""

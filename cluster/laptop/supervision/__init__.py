"""What stays behind after `trii up`: a small process that starts again what died."""

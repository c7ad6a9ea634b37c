"""What every indicator is made from: mechanisms, drive over bars and panels, compiled parts."""

"""What our applications and jobs ask of a fleet, before there is one."""

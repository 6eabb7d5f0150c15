"""What `tim-async doctor` examines, one module for each part, and the run that `--record` makes."""

"""The checks of `tim-async doctor`, one module for each part, and the run of `--record`."""

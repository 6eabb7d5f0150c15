"""`tim-async bulk`: plan, run, watch and export a campaign, one module for each command."""

"""`tim-async bulk suppress`: the suppression lists of a ledger, one module for each command."""

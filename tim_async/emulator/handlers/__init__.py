"""The handlers of the commands: a module for each family, and helpers that begin with an underscore."""

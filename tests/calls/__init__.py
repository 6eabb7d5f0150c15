"""Writes the classes that editors show, `tim_async/_calls`, from the tables of endpoints: `python -m tests.calls`."""

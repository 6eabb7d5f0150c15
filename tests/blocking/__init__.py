"""Tests of the client for code without a loop."""

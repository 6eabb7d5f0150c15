"""Formatting of log lines."""

from __future__ import annotations

import logging

from ._output import plain


class PlainFormatter(logging.Formatter):
    """Formats log lines, including those of other libraries, so that they cannot control a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of a record."""
        return plain(super().format(record))

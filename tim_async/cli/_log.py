"""Lines of a log."""

from __future__ import annotations

import logging

from ._output import plain


class PlainFormatter(logging.Formatter):
    """Formats lines of a log, those of other libraries too, that cannot steer a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of a record."""
        return plain(super().format(record))

"""Where the log goes: to standard error, for people or for programs.

Shell.
"""

import json
import logging
import sys
import time


def set_up_logging(level: str, style: str) -> None:
    """Log to standard error from `level` on, as "text" or as "json"; what was set up before is replaced."""
    handler = logging.StreamHandler(sys.stderr)
    as_json = style == "json"
    handler.setFormatter(_JsonFormatter() if as_json else logging.Formatter("%(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)


class _JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{record.msecs:03.0f}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)

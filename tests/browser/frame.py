"""The console's frame around the widget."""

from __future__ import annotations

CONSOLE, HALF, PHONE = 1180, 580, 374


FRAME = 16  # what the page around the widget takes

"""The pictures of the documentation, taken from the widget itself: `python -m tests.browser.pictures`."""

from __future__ import annotations

import sys
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser.conftest import CHROMIUM
from tests.browser.frame import FRAME
from tests.browser.sample_home import DAY, home, page
from tests.support.deployed import PROJECT

IMAGES = PROJECT / "docs" / "images"
WIDE, PHONE = 1180, 374
PICTURES: dict[str, tuple[int, int, bool, dict[str, Any]]] = {
    "home-light": (6, WIDE, False, {}),
    "home-dark": (3, WIDE, True, {}),
    "thermostat-week": (2, WIDE, False, {"module": "m0", "period": 7 * DAY}),
    "thermostat-gap-dark": (2, WIDE, True, {"module": "m1"}),
    "home-phone": (2, PHONE, False, {"period": 2 * DAY}),
}


def main() -> int:
    """Take all pictures; returns the exit status."""
    if CHROMIUM is None:
        sys.stderr.write("The pictures need Chromium: install your system's package.\n")
        return 1
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for name, (rooms, width, dark, said) in PICTURES.items():
            html = page(home(rooms, days=33), width, dark=dark, **said)
            shown = browser.new_page(viewport={"width": width + FRAME, "height": 100})
            background = "#0f1b2a" if dark else "#fff"
            shown.set_content(f'<!doctype html><body style="margin:8px;background:{background}">{html}</body>')
            shown.screenshot(path=IMAGES / f"{name}.png", full_page=True)
            shown.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

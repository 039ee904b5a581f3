"""One real browser for all browser tests; without one they fail, because what nobody looked at may be broken."""

from __future__ import annotations

from shutil import which
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

CHROMIUM = next(filter(None, map(which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium with a profile of its own.

    Ended with its module: while Playwright runs, this thread has an event loop, and other tests need their own.
    """
    if CHROMIUM is None:
        pytest.fail(
            "The browser tests need Chromium: install your system's package, such as `apt-get install chromium`"
        )
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()

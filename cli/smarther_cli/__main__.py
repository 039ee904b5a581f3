"""`python -m smarther_cli` is `smarther`."""

from __future__ import annotations

from smarther_cli.app import main

if __name__ == "__main__":
    main()

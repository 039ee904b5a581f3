"""`python -m sandbox.emulator`, run by the local cloud's own interpreter: MiniStack, corrected to AWS's rules.

Tables get all the settings of their template, streams are read as Lambda reads them, a bus can have an archive, IAM
knows the partition keys of a request and treats one from this machine as one by TLS, and its decisions are written to
the file that `ACCESS_RECORD` names.
"""

from __future__ import annotations

import os
from pathlib import Path

from ministack.app import main as serve

from sandbox.emulator import access_record, archives, leading_keys, loopback, mqtt_listener, streams, table_settings


def main() -> None:
    """Install the corrections and serve until the process is ended."""
    archives.install()
    leading_keys.install()
    loopback.install()
    mqtt_listener.install()
    streams.install()
    table_settings.install()
    with Path(os.environ["ACCESS_RECORD"]).open("w", buffering=1) as record:
        access_record.install(record)
        serve()


if __name__ == "__main__":
    main()

"""What the bucket has: for each plant a folder, with a file for each day and a note of what each file was made of.

    readings/plant=<id>/month=2026-01/2026-01-14.parquet
    readings/plant=<id>/_made.json

The note names the ETag of each file, too. So a file that was deleted, or that another run has replaced, does not pass
for the one that was noted, and is made again.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote, unquote

from smarther.aws.service_call import call

if TYPE_CHECKING:
    from collections.abc import Iterator

READINGS: Final = "readings/"
_NOTE: Final = "_made.json"  # Athena leaves out what begins with an underscore
_KEY: Final = re.compile(rf"{READINGS}plant=([^/]+)/(?:month=\d{{4}}-\d\d/(\d{{4}}-\d\d-\d\d)\.parquet|{_NOTE})")


class Made(NamedTuple):
    """What was made: of which statistics, as a digest, and the ETag of the file; None where there was no reading."""

    of: str
    etag: str | None


@dataclass
class Folder:
    """What the bucket has of one plant. `members` are the thermostats that are, or were, seen in it."""

    plant_id: str
    files: dict[date, str] = field(default_factory=dict)
    made: dict[date, Made] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    is_noted: bool = True

    def has(self, day: date, of: str) -> bool:
        """Whether the file of a day is there, made of this."""
        return self.made.get(day) == Made(of, self.files.get(day))

    def admit(self, module_ids: set[str]) -> None:
        """Make thermostats members."""
        self.is_noted = self.is_noted and module_ids <= self.members
        self.members |= module_ids


class Folders:
    """The folders of one bucket. Every method raises ServiceFailedError."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def all(self) -> dict[str, Folder]:
        """All folders that there are, by plant."""
        found: dict[str, Folder] = {}
        for key, etag in self._listed():
            if (parts := _KEY.fullmatch(key)) is None:
                continue
            plant_id, day = unquote(parts[1]), parts[2]
            folder = found.setdefault(plant_id, Folder(plant_id))
            if day is None:
                self._read_note(folder, key)
            else:
                folder.files[date.fromisoformat(day)] = etag
        return found

    def read(self, folder: Folder, day: date) -> bytes | None:
        """The file of a day; None where there is none."""
        return self._get(_file_key(folder, day)) if day in folder.files else None

    def write(self, folder: Folder, day: date, content: bytes | None, *, of: str) -> None:
        """Write the file of a day, or that there is none, and remember what it was made of; `note` says so for good."""
        if content is not None:
            folder.files[day] = self._put(_file_key(folder, day), content)
        folder.made[day] = Made(of, folder.files.get(day))
        folder.is_noted = False

    def note(self, folder: Folder) -> None:
        """Write the note of a folder, unless it says the same."""
        if not folder.is_noted:
            days = {day.isoformat(): made for day, made in sorted(folder.made.items())}
            note = {"members": sorted(folder.members), "days": days}
            self._put(f"{_folder_key(folder)}{_NOTE}", json.dumps(note).encode())
            folder.is_noted = True

    def _read_note(self, folder: Folder, key: str) -> None:
        """Take in what is noted; where that is no note, all is made again and noted."""
        try:
            note = json.loads(self._get(key))
            folder.made = {date.fromisoformat(day): Made(*made) for day, made in note["days"].items()}
            folder.members = set(note["members"])
        except (ValueError, LookupError, TypeError, AttributeError):
            folder.is_noted = False

    def _listed(self) -> Iterator[tuple[str, str]]:
        request = {"Bucket": self._bucket, "Prefix": READINGS}
        while True:
            page = call(self._client.list_objects_v2, **request)
            for each in page.get("Contents", []):
                yield each["Key"], each["ETag"]
            if not page.get("IsTruncated"):
                return
            request["ContinuationToken"] = page["NextContinuationToken"]

    def _get(self, key: str) -> bytes:
        content: bytes = call(
            lambda **request: self._client.get_object(**request)["Body"].read(), Bucket=self._bucket, Key=key
        )
        return content

    def _put(self, key: str, content: bytes) -> str:
        etag: str = call(self._client.put_object, Bucket=self._bucket, Key=key, Body=content)["ETag"]
        return etag


def _folder_key(folder: Folder) -> str:
    return f"{READINGS}plant={quote(folder.plant_id, safe='')}/"


def _file_key(folder: Folder, day: date) -> str:
    return f"{_folder_key(folder)}month={day:%Y-%m}/{day.isoformat()}.parquet"

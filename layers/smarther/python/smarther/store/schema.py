"""Every kind of item of the one table: keys, attributes with units, who writes it, who reads it, when it is deleted.

The table outlives the stack, so its owner must be able to read it without our code: `docs/data.md` is made from this
module, and tests check every item that they write against it. `keys` makes the keys.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

type Form = Literal["text", "number", "true or false", "fields", "list"]
type Party = Literal["callback", "cli", "keeper", "receiver", "redriver", "rollup", "widget"]


class Attribute(NamedTuple):
    """One attribute: its form, and what it says, with its unit. `always` is false where it may be absent."""

    name: str
    form: Form
    says: str
    always: bool = False


class ItemKind(NamedTuple):
    """One kind of item. The parts of a key that vary are in angle brackets. `goes` says when the item is deleted."""

    title: str
    says: str
    partition: str
    sort: str
    attributes: tuple[Attribute, ...]
    written_by: tuple[Party, ...]
    read_by: tuple[Party, ...]
    goes: str


_EXPIRES: Final = Attribute("expires_at", "number", "epoch seconds after which DynamoDB deletes the item")
_MODULE_ID: Final = Attribute("module_id", "text", "the thermostat's id, as Legrand sends it", always=True)
_PLANT_ID: Final = Attribute("plant_id", "text", "the home's id, as Legrand sends it", always=True)
_NAME: Final = Attribute("name", "text", "the name that its owner gave; absent where there is none")
_RECEIVED_AT: Final = Attribute("received_at", "text", "when it arrived here: ISO 8601, UTC", always=True)


def _statistics(*, of: str) -> tuple[Attribute, ...]:
    measures = (("temperature", "°C"), ("humidity", "percent"), ("setpoint", "°C"))
    return (
        _MODULE_ID,
        Attribute("version", "number", "how often it was written; of two runs at once the second one starts again"),
        Attribute("count", "number", f"readings of the {of}", always=True),
        *(
            Attribute(f"{name}_{part}", "number", says.format(unit=unit))
            for name, unit in measures
            for part, says in (
                ("mean", "mean over time, {unit}"),
                ("min", "lowest, {unit}"),
                ("max", "highest, {unit}"),
                ("minutes", "minutes for which it is known"),
            )
        ),
        Attribute("load_minutes", "number", "minutes for which it is known whether the relay was on"),
        Attribute("heating_minutes", "number", "minutes of heating"),
        Attribute("cooling_minutes", "number", "minutes of cooling"),
    )


ITEMS: Final = (
    ItemKind(
        "Reading",
        "What a thermostat said at one instant. What it did not say is absent. It is written once and never changed,"
        " but for what was imported from another system: the next import of that instant replaces it.",
        "MODULE#<module_id>",
        "READING#<time: UTC, microseconds>#<16 hex digits of the content's SHA-256>",
        (
            _PLANT_ID,
            _MODULE_ID,
            Attribute("time", "text", "when it was so, by the thermostat's clock: ISO 8601, UTC", always=True),
            _RECEIVED_AT,
            Attribute(
                "source",
                "text",
                "`push`: it was sent to us; `poll`: we asked; `import:file`, `import:home-assistant`,"
                " `import:influxdb`: `smarther import` brought it from there",
                always=True,
            ),
            Attribute(
                "imported_at",
                "text",
                "when `smarther import` stored it: ISO 8601, UTC; it is no sign of life, whatever its source",
            ),
            Attribute(
                "after_hour",
                "text",
                "when it was stored, where its hour may have been made by then: hour and day are made again; ISO 8601,"
                " UTC",
            ),
            Attribute("function", "text", "`HEATING` or `COOLING`"),
            Attribute("mode", "text", "`AUTOMATIC`, `MANUAL`, `BOOST`, `OFF`, `PROTECTION`"),
            Attribute("load_state", "text", "`ACTIVE` while the relay is on, else `INACTIVE`"),
            Attribute("temperature_c", "number", "measured temperature, °C"),
            Attribute("temperature_f", "number", "the same as it was sent, where that was °F"),
            Attribute("temperature_time", "text", "when that was measured: ISO 8601, UTC"),
            Attribute("humidity_percent", "number", "relative humidity, percent"),
            Attribute("humidity_time", "text", "when that was measured: ISO 8601, UTC"),
            Attribute("setpoint_c", "number", "set point, °C"),
            Attribute("setpoint_f", "number", "the same as it was sent, where that was °F"),
            Attribute("program", "number", "number of the program"),
            Attribute("activation_time", "text", "until when the mode lasts, as it was sent: local time of the home"),
            Attribute("temperature_format", "text", "unit that the thermostat shows: `C` or `F`"),
            Attribute("online", "true or false", "whether Legrand reaches it"),
            Attribute("sender_system", "text", "who sent it, as it was sent"),
            Attribute("sender_address_type", "text", "kind of its address, as it was sent"),
            Attribute("extra", "fields", "what the status held beside all this, as it was sent"),
            Attribute("event_id", "text", "the notification's id"),
            Attribute("event_type", "text", "the notification's type"),
            Attribute("event_time", "text", "when the notification was made: ISO 8601, UTC"),
            Attribute("event_extra", "fields", "what the notification held beside all this, as it was sent"),
            Attribute("unread", "fields", "by attribute: what was sent for it and cannot be read, or no room can have"),
            _EXPIRES,
        ),
        ("receiver", "redriver", "keeper", "cli"),
        ("receiver", "redriver", "keeper", "rollup", "widget", "cli"),
        "never, or `RetentionDays` after its arrival, or its import",
    ),
    ItemKind(
        "Hour",
        "Statistics of an hour of UTC.",
        "MODULE#<module_id>",
        "HOUR#<YYYY-MM-DDTHH>Z",
        _statistics(of="hour"),
        ("rollup",),
        ("rollup", "widget", "cli"),
        "never",
    ),
    ItemKind(
        "Day",
        "Statistics of a day of the home's time zone.",
        "MODULE#<module_id>",
        "DAY#<YYYY-MM-DD>",
        _statistics(of="day"),
        ("rollup",),
        ("rollup", "widget", "cli"),
        "never",
    ),
    ItemKind(
        "Arrival",
        "The last reading of a thermostat that came very late, or was dated by a clock that is wrong.",
        "ARRIVALS",
        "<late or misdated>#<module_id>",
        (
            _MODULE_ID,
            Attribute("arrival", "text", "when it arrived, and the reading's sort key", always=True),
            _EXPIRES,
        ),
        ("receiver", "redriver", "keeper", "cli"),
        ("keeper", "widget", "cli"),
        "never, or `RetentionDays` after its arrival",
    ),
    ItemKind(
        "Quarantined body",
        "A part of a body that could not be read completely, as it came. Parts are joined by their number.",
        "QUARANTINE#<first hex digit of the body's SHA-256>",
        "BODY#<the body's SHA-256>#<part, three digits>",
        (
            Attribute("reason", "text", "what could not be read, by its place in the body", always=True),
            Attribute("rejected", "number", "how many statuses could not be read", always=True),
            Attribute("body", "text", "this part of the body", always=True),
            Attribute("encoding", "text", "`text`, or `base64` where the body is no UTF-8", always=True),
            Attribute("part", "number", "number of this part, from 1", always=True),
            Attribute("parts", "number", "how many parts there are", always=True),
            _RECEIVED_AT,
        ),
        ("receiver", "redriver", "cli"),
        ("cli",),
        "when `smarther redrive` could store all of it",
    ),
    ItemKind(
        "Plant",
        "A home of the account.",
        "DIRECTORY",
        "PLANT#<plant_id>",
        (_PLANT_ID, _NAME),
        ("keeper",),
        ("keeper", "rollup", "widget", "cli"),
        "when Legrand's list lacks it twice running",
    ),
    ItemKind(
        "Thermostat",
        "A thermostat as a plant lists it.",
        "DIRECTORY",
        "MODULE#<plant_id>#<module_id>",
        (
            _PLANT_ID,
            _MODULE_ID,
            _NAME,
            Attribute("device", "text", "the device's kind, as Legrand sends it"),
            Attribute("known_since", "text", "when it was first met there: ISO 8601, UTC"),
            Attribute("programs", "fields", "names of its programs, by their numbers"),
        ),
        ("keeper",),
        ("keeper", "rollup", "widget", "cli"),
        "when its plant's list lacks it twice running",
    ),
    ItemKind(
        "Age of the directory",
        "When all names were asked for last.",
        "DIRECTORY",
        "REFRESHED",
        (Attribute("at", "text", "ISO 8601, UTC", always=True),),
        ("keeper",),
        ("keeper", "cli"),
        "never",
    ),
    ItemKind(
        "Accepted digests",
        "SHA-256 of each webhook secret by which a caller is known. A digest does not give its secret away.",
        "WEBHOOK",
        "DIGESTS",
        (
            Attribute("current", "text", "of the secret in use"),
            Attribute("pending", "text", "of the secret that comes next"),
            Attribute("previous", "text", "of the secret before"),
            Attribute("published_at", "text", "since when just these: ISO 8601, UTC", always=True),
        ),
        ("keeper",),
        ("receiver", "redriver", "keeper", "cli"),
        "never",
    ),
    ItemKind(
        "Consent",
        "A consent that was begun, by the digest of its state.",
        "CONSENT",
        "<SHA-256 of the state>",
        (
            Attribute("created_at", "text", "ISO 8601, UTC"),
            Attribute("used_at", "text", "when the browser came back: ISO 8601, UTC"),
            Attribute("not_given", "text", "why it was not given"),
            Attribute("report", "text", "the report, as JSON, of the run that was given it"),
            _EXPIRES._replace(always=True),
        ),
        ("callback", "keeper", "cli"),
        ("cli",),
        "ten minutes after it was begun, or an hour after its outcome",
    ),
    ItemKind(
        "Quota of a day",
        "Calls to Legrand in a day of UTC.",
        "QUOTA",
        "<YYYY-MM-DD>",
        (
            Attribute("calls", "number", "calls that were made or tried"),
            Attribute("not_before", "number", "epoch seconds before which no call is made"),
            Attribute("granted", "number", "how many calls there were when Legrand said that no more are granted"),
            _EXPIRES._replace(always=True),
        ),
        ("keeper",),
        ("keeper", "cli"),
        "35 days later",
    ),
    ItemKind(
        "Lease",
        "Which run of the keeper is at work.",
        "LEASE",
        "KEEPER",
        (
            Attribute("owner", "text", "a one-time value of that run", always=True),
            Attribute("expires_at", "number", "epoch seconds after which another run may begin", always=True),
        ),
        ("keeper",),
        (),
        "at the end of the run",
    ),
    ItemKind(
        "Memory of the keeper",
        "What one run leaves to the next.",
        "KEEPER",
        "MEMORY",
        (Attribute("memory", "text", "JSON; of no use to anybody else", always=True),),
        ("keeper",),
        ("keeper",),
        "never",
    ),
    ItemKind(
        "Report of the keeper",
        "What the last run found, as `smarther --json keeper run` prints it.",
        "KEEPER",
        "REPORT",
        (
            Attribute("at", "text", "when the run ended: ISO 8601, UTC", always=True),
            Attribute("outcome", "text", "`healthy`, `degraded` or `needs_person`", always=True),
            Attribute("person", "list", "why a person is needed, and what to do", always=True),
            Attribute("troubles", "list", "what did not work", always=True),
            Attribute("plants", "list", "each plant, and its subscription", always=True),
            Attribute("tokens", "fields", "when they end; never the tokens"),
            Attribute("consent", "text", "what became of a consent that this run was given"),
            Attribute("calls_today", "number", "calls of the day of UTC"),
            Attribute("calls_quota", "number", "calls that Legrand grants in a day, as `LegrandDailyCalls` says"),
            Attribute("calls_granted", "number", "calls of today when Legrand said that no more are granted"),
            Attribute("paused_until", "text", "until when no call is made: ISO 8601, UTC"),
            Attribute("rested", "true or false", "whether the run called nothing, and tells what the one before found"),
            Attribute("actions", "list", "what the run did", always=True),
            Attribute("silent", "list", "silent thermostats", always=True),
            Attribute("clocks", "list", "thermostats whose clock is wrong", always=True),
            Attribute("incidents", "list", "what has happened: its cause, since when, whom it concerns", always=True),
            Attribute("over", "list", "what had happened, and is over", always=True),
            Attribute("unheard", "number", "thermostats that the run had no time to check for silence", always=True),
            Attribute("left_out", "fields", "of a list that is too long: how many entries are not here", always=True),
            Attribute("webhook", "text", "how far the webhook's secret is in its rotation"),
            Attribute("client_secret_ends_on", "text", "the day on which the client secret ends"),
            Attribute("provider", "fields", "how it stands with the provider, where it is not as it is known"),
        ),
        ("keeper",),
        ("keeper", "widget", "cli"),
        "never; the next run writes over it",
    ),
    ItemKind(
        "State of the rollup",
        "How far statistics are made.",
        "ROLLUP",
        "STATE",
        (
            Attribute("ran_at", "text", "ISO 8601, UTC", always=True),
            Attribute("complete_through", "text", "ISO 8601, UTC", always=True),
            Attribute("late_through", "text", "what was stored late before this instant is counted: ISO 8601, UTC"),
            Attribute("late_after", "text", "the thermostat behind which a search for late readings goes on"),
            Attribute("behind", "fields", "thermostats that stay behind, and since when", always=True),
        ),
        ("rollup",),
        ("rollup", "cli"),
        "never",
    ),
)

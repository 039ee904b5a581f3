"""English texts, the default."""

from __future__ import annotations

from typing import Final

from smarther.domain.account.legrand_answers import Reason
from smarther.domain.keeper.incidents import Cause
from smarther.domain.readings.home import Load
from smarther.domain.summaries.series import Grain
from smarther.drawing.words.language import Ending, Language, Told

_AGAIN: Final = "Run `smarther authorize` for a new link, and open it within ten minutes."
_IN_HALF_AN_HOUR: Final = "Look with `smarther status` in half an hour."

ENGLISH: Final = Language(
    tag="en",
    decimal_mark=".",
    thousands_mark=",",
    months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    period="{start} to {end}",
    degrees_range="{low} to {high}",
    just_now="just now",
    ago="{length} ago",
    days="{count} days",
    years="{count} years",
    ahead="{length} ahead",
    behind="{length} behind",
    temperature="temperature",
    set_point="set point",
    set_point_interrupted="set point (not sent during boost)",
    humidity="humidity",
    heating="heating",
    cooling="cooling",
    nothing_recorded="nothing recorded",
    nothing_in_period="Nothing recorded in this period",
    newest="newest: {temperature}",
    mean="mean {temperature}",
    heated="heated {length}",
    cooled="cooled {length}",
    share="{what} {percent} of the time",
    grains={Grain.READINGS: "every reading", Grain.HOURS: "hourly means", Grain.DAYS: "daily means"},
    description="""\
## The home

A card per thermostat: temperature, set point, humidity, whether it heats and since when, its mode, how old
its last reading is, and a chart of the dashboard's time range. A thermostat that has been silent for too long stands
out, and one whose clock is wrong says so. Choose one to see it large, and to look closer or further back.

Up to two days are drawn from every reading, up to two months from hourly means, more from daily ones; coarser when
many thermostats share the page. Times are those of the dashboard's time zone. The page is in the console's language,
English or Italian.

### Parameters
| Name | Meaning |
|---|---|
| **unit** | `C` (as without it) or `F` |
| **module** | the id of a thermostat to show alone |

### Example
``` yaml
unit: C
```
""",
    one_thermostat="1 thermostat",
    thermostats="{count} thermostats",
    loads_count={Load.HEATING: "{count} heating", Load.COOLING: "{count} cooling"},
    silent_count="{count} silent",
    failed_count="{count} not shown",
    also="Also: ",
    and_more=" and {count} more, which `smarther status` lists.",
    show_large="show large",
    all_thermostats="All thermostats",
    earlier="half a period earlier",
    later="half a period later",
    closer="look closer",
    wider="look wider",
    lengths=("6 h", "1 day", "1 week", "1 month", "1 year"),
    length_before="the {length} before {clock}",
    dashboard_period="Dashboard’s period",
    never_reported="Never reported",
    silent="Silent, last heard {ago}",
    clock_wrong="Its clock is wrong: {error}",
    clock_said="at {at} it said {told}",
    loads={Load.HEATING: "Heating", Load.COOLING: "Cooling", Load.IDLE: "Idle"},
    load_unknown="Load not sent",
    since=("since {clock}", "since {clock}"),
    until=("until {clock}", "until {clock}"),
    modes={
        "AUTOMATIC": "Automatic",
        "MANUAL": "Manual",
        "BOOST": "Boost",
        "OFF": "Off",
        "PROTECTION": "Protection",
    },
    program="Program {number}",
    card_failed="This thermostat cannot be shown just now.",
    card_failed_note="What it says is recorded all the same. The widget’s log tells what went wrong.",
    no_thermostats="No thermostats yet",
    no_thermostats_note="They appear here once consent was given and the keeper has asked Legrand for them.",
    nobody="There is no thermostat with the id {module_id}.",
    unanswered=(
        "The table of readings does not answer just now, so there is nothing to draw. Notifications that come"
        " meanwhile are kept and stored later. Try again in a minute; if it goes on, see the widget’s log."
    ),
    all_well="all is well",
    person_needed="A person is needed",
    keeper_silent=Told(
        "The keeper is silent",
        "It has finished no run {since}.",
        ("Run `smarther keeper run`, and look at what it says.",),
    ),
    over="Over, as of {clock}.",
    over_subject="Over: {title}",
    incidents={
        Cause.STACK: Told(
            "This stack does not answer",
            (
                "{count} of {of} thermostats have pushed nothing {since}, and the webhook's own address does not"
                " answer as it should."
            ),
            ("Run `smarther doctor`: it finds out which part of the stack is at fault.",),
        ),
        Cause.LOGIN: Told(
            "Legrand's login is out of order",
            "It has not renewed the tokens {since}.",
            ("Nothing: wait. Pushes come all the same, and the keeper tries again every half hour.",),
        ),
        Cause.API: Told(
            "Legrand's API is out of order",
            "It has given the keeper no good answer {since}.",
            ("Nothing: wait. Pushes come all the same, and the keeper tries again every half hour.",),
        ),
        Cause.PUSHES_STOPPED: Told(
            "Legrand has stopped pushing",
            (
                "{count} of {of} thermostats have pushed nothing {since}. Legrand's API answers, and so does the"
                " webhook's own address."
            ),
            ("Nothing: wait. Until pushes come again, the keeper asks each thermostat now and then.",),
        ),
        Cause.PUSHES_LATE: Told(
            "Legrand pushes late",
            "What {count} of {of} thermostats say comes more than an hour late. The last push came at {clock}.",
            ("Nothing: wait. What comes late is stored under the time at which it was so.",),
        ),
        Cause.PUSHES_THINNED: Told(
            "Legrand leaves out a part of the pushes",
            (
                "Fewer pushes have come than usual {since}, and {count} of {of} thermostats that were asked had changed"
                " without one."
            ),
            ("Nothing: wait. Meanwhile the keeper asks the thermostats in turn, and stores what they answer.",),
        ),
        Cause.HOME: Told(
            "{plants} is not heard",
            "None of its {count} thermostats has pushed or answered {since}. Legrand's API answers.",
            ("See whether the home has power, and its gateway or router a connection to the internet.",),
        ),
        Cause.THERMOSTAT: Told(
            "{names} is not heard",
            "It has neither pushed nor answered {since}. Legrand's API answers.",
            ("See whether it has power and Wi-Fi. `smarther history` shows what it said last.",),
        ),
    },
    had_changed=" Thermostats that were asked had changed without a push.",
    endings={
        Ending.CONNECTED: Told(
            "Your thermostats are connected",
            "Legrand now sends every change straight to your own recorder.",
            (
                "Nothing more needs to be done: readings arrive whenever a thermostat has something new to say.",
                (
                    "Tokens and subscriptions are looked after every half hour. Should a person be needed, `smarther"
                    " status` says so."
                ),
                "You can close this page.",
            ),
        ),
        Ending.ACCEPTED: Told(
            "Consent accepted",
            "Your consent is kept safe. Not all is in place yet; what is missing is tried again every half hour.",
            (_IN_HALF_AN_HOUR,),
        ),
        Ending.NO_HOME: Told(
            "Consent accepted, but no home is known",
            "Your consent is kept safe, but nothing is recorded yet: no home of yours is known.",
            (_IN_HALF_AN_HOUR,),
        ),
        Ending.SLOW: Told(
            "Still at work",
            "Legrand is slow today. The recorder has your consent and goes on by itself; you can close this page.",
            ("Look with `smarther status` in two or three minutes.",),
        ),
        Ending.DECLINED: Told(
            "You did not give consent",
            "Nothing was changed. Without your consent the recorder cannot ask Legrand for your readings.",
            ("If that was not what you meant: run `smarther authorize` and choose to allow access.",),
        ),
        Ending.SCOPE_REFUSED: Told(
            "Legrand does not grant this scope",
            "Consent asked to read your thermostats alone, and Legrand's login refused just that. Nothing was changed.",
            (
                "Where `smarther authorize` is waiting, it has opened the login again, asking for more: go on there.",
                "Otherwise run `smarther authorize --control`. The recorder sets nothing, whatever it may.",
                (
                    "If that is refused as well, tick `comfort.read` and `comfort.write` for your application in"
                    " Legrand's portal."
                ),
            ),
        ),
        Ending.FAILED: Told(
            "Legrand could not complete the consent",
            "Legrand's login sent you back with an error instead of a consent. Nothing was changed.",
            (
                (
                    "Compare the redirect address of your application at Legrand with the stack's `RedirectUri`, to"
                    " the letter."
                ),
                _AGAIN,
            ),
        ),
        Ending.INCOMPLETE: Told(
            "This link is not complete",
            "Legrand's login brings you back to this page with a code. This time something is missing.",
            (_AGAIN,),
        ),
        Ending.NOT_VALID: Told(
            "This link is no longer valid",
            "A link for consent is good for ten minutes and for one use. This one is too old, or was used before.",
            ("If you have just seen a page that said it worked, all is well: there is nothing to do.", _AGAIN),
        ),
        Ending.REFUSED: Told(
            "Legrand did not accept the consent",
            "Legrand's login refused the code that it had given to your browser a moment ago. Codes are short-lived.",
            (_AGAIN,),
        ),
        Ending.UNAVAILABLE: Told(
            "Legrand does not answer",
            "Your consent could not be put to use, because Legrand's login is out of order just now.",
            ("Wait a few minutes.", _AGAIN),
        ),
        Ending.BUSY: Told(
            "The recorder was busy",
            "It was at work on your tokens and subscriptions at this very moment, and does one thing at a time.",
            ("Wait two or three minutes.", _AGAIN),
        ),
        Ending.NO_LOGIN: Told(
            "The recorder cannot log in at Legrand",
            "Your consent was given, but what identifies your application at Legrand is missing, expired or wrong.",
            (_AGAIN,),
        ),
        Ending.BROKEN: Told(
            "Something went wrong in the recorder",
            "Your consent was not put to use. The cause is in the log of the keeper.",
            ("Look with `smarther status`.", _AGAIN),
        ),
    },
    remedies={reason: reason.remedy for reason in Reason},
    homes="Your homes",
    what_next="What happens next",
    what_to_do="What you can do",
    connected="connected",
    not_yet="not yet",
)

"""`smarther configure`: stores the credentials of the owner's application at Legrand in Secrets Manager."""

import json
import os
import re
import sys
from collections.abc import Mapping
from typing import Annotated, Final

import typer
from botocore.exceptions import BotoCoreError, ClientError

from smarther.domain.account.credentials import Credentials, CredentialsError
from smarther.domain.account.legrand_answers import Reason
from smarther.domain.keeper.keeper_report import Report
from smarther.store.keeper_items import KeeperNotes
from smarther_cli.call import Call, this_call
from smarther_cli.commands.account.at_legrand import Known, known
from smarther_cli.errors import Failure, WrongUse, explained
from smarther_cli.show import screen
from smarther_cli.show.report import read_report

AUTHORIZE: Final = "smarther authorize"
_CONSENT: Final = frozenset({Reason.CONSENT_MISSING, Reason.CONSENT_EXPIRED})

VARIABLES: Final = {
    "client_id": "SMARTHER_CLIENT_ID",
    "client_secret": "SMARTHER_CLIENT_SECRET",
    "subscription_key": "SMARTHER_SUBSCRIPTION_KEY",
}
_WORDS: Final = {"client_id": "Client id", "client_secret": "Client secret", "subscription_key": "Subscription key"}
_FORMS: Final = {
    "client_id": (
        re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE),
        "a client id looks like 01234567-89ab-cdef-0123-456789abcdef",
    ),
    "client_secret": (re.compile(r"(?=.*\S)[^\r\n]+"), "a client secret is one line that is not empty"),
    "subscription_key": (
        re.compile(r"[0-9a-f]{32}", re.IGNORECASE),
        "a subscription key is 32 hexadecimal digits (the Primary key of your subscription)",
    ),
}


def configure(
    context: typer.Context,
    *,
    client_id: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="The client id; it is no secret. Without it you are asked.", show_default=False
        ),
    ] = None,
    from_stdin: Annotated[
        bool,
        typer.Option(
            "--stdin",
            help='Read {"client_id": …, "client_secret": …, "subscription_key": …} as JSON from standard input.',
        ),
    ] = False,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Store them whatever Legrand says of them, and without asking.")
    ] = False,
) -> None:
    """Store the credentials of your application at Legrand.

    Asks for client id, client secret and subscription key, and then Legrand, whether it knows them: what it refuses is
    not stored. Afterwards the keeper is run, so that `smarther status` speaks of them.

    Nothing secret is shown, and nothing secret can be given as an argument, where other users of the machine and your
    shell's history would see it. Scripts give JSON on standard input, or the variables SMARTHER_CLIENT_ID,
    SMARTHER_CLIENT_SECRET and SMARTHER_SUBSCRIPTION_KEY.

    Run it again to change a value, such as a client secret that was renewed after its year. What you do not give stays
    as it is.
    """
    call = this_call(context)
    given = _given(client_id, from_stdin=from_stdin)
    for name, value in given.items():
        _check(name, value)
    present = _present(call)
    values = _complete(given, present)
    told = None if unchecked else _asked(call, values)
    today = call.at.date().isoformat()
    same_secret = values["client_secret"] == present.get("client_secret")
    recorded_at = present.get("recorded_at", today) if same_secret else today
    call.deployment.secrets.write(call.deployment.credentials_arn, json.dumps(values | {"recorded_at": recorded_at}))
    _tell(call, recorded_at, told, _keeper_run(call))


def _asked(call: Call, values: Mapping[str, str]) -> Known:
    """What Legrand says of the credentials. Raises Failure if it refuses them."""
    credentials = Credentials.from_secret(json.dumps(values), version="", written_at=call.at)
    with screen.remarks().status("Asking Legrand"):
        api_url = call.deployment.parameter("LegrandApiUrl")
        told = known(credentials, login_url=call.deployment.login_url, api_url=api_url)
    refused = []
    if told.application is False:
        refused.append(
            "says that this client secret has expired"
            if told.reason is Reason.CLIENT_SECRET_EXPIRED
            else "does not know this client id with this client secret"
        )
    if told.key is False:
        refused.append("does not know this subscription key, or it is not active")
    if refused:
        raise Failure(
            f"Legrand {', and '.join(refused)}. Nothing was stored.",
            "Compare with your application and your subscription in Legrand's developer portal, then run"
            " `smarther configure` again. To store them all the same: --unchecked.",
        )
    return told


def _keeper_run(call: Call) -> Report | None:
    """The keeper's report on a run with the credentials; None if it could not be run now."""
    try:
        with screen.remarks().status("The keeper is at work"):
            report = read_report(call.deployment.invoke_keeper({}))
    except (Failure, ClientError, BotoCoreError) as error:
        told = error if isinstance(error, Failure) else explained(error, call.deployment.place)
        screen.remark(f"The keeper could not be run now; it runs by itself within half an hour. ({told})")
        return None
    return None if report.outcome == "busy" else report


def _given(client_id: str | None, *, from_stdin: bool) -> dict[str, str]:
    """The values given by options, standard input and the environment, in this order of precedence."""
    given = {name: os.environ[variable] for name, variable in VARIABLES.items() if os.environ.get(variable)}
    if from_stdin:
        given |= _read_stdin()
    if client_id is not None:
        given["client_id"] = client_id
    return {name: _trimmed(name, value) for name, value in given.items()}


def _trimmed(name: str, value: str) -> str:
    """A value without the blanks that copying adds. A client secret may hold any, so only line ends are removed."""
    return value.strip("\r\n") if name == "client_secret" else value.strip()


def _read_stdin() -> Mapping[str, str]:
    try:
        told = json.loads(sys.stdin.read())
    except ValueError:
        told = None  # the input may be secret, so it is not quoted
    if not isinstance(told, dict) or not all(isinstance(told.get(name, ""), str) for name in VARIABLES):
        raise WrongUse(
            "Standard input does not hold the JSON that --stdin expects.",
            'It is {"client_id": "…", "client_secret": "…", "subscription_key": "…"}. What is left out stays as it is.',
        )
    return {name: told[name] for name in VARIABLES if told.get(name)}


def _present(call: Call) -> Mapping[str, str]:
    """The values that the secret holds now; empty if it was never written, or has another form."""
    version = call.deployment.secrets.read(call.deployment.credentials_arn)
    if version is None:
        return {}
    try:
        read = Credentials.from_secret(version.text, version=version.version_id, written_at=version.created_at)
    except CredentialsError:
        return {}
    return {
        "client_id": read.client_id,
        "client_secret": read.client_secret,
        "subscription_key": read.subscription_key,
        "recorded_at": read.recorded_on.isoformat(),
    }


def _complete(given: Mapping[str, str], present: Mapping[str, str]) -> dict[str, str]:
    """All three values: the given ones; for the others the present ones where any was given, else the answers."""
    kept = present if given else {}
    return {name: given.get(name) or kept.get(name) or _ask(name, present) for name in VARIABLES}


def _ask(name: str, present: Mapping[str, str]) -> str:
    if not screen.can_ask():
        raise WrongUse(
            f"{_WORDS[name]}: not given, and there is no terminal to ask at.",
            f"Set {VARIABLES[name]}, or give JSON on standard input with --stdin.",
        )
    words = f"{_WORDS[name]} (Enter keeps the present one)" if name in present else _WORDS[name]
    while True:
        typed: str = typer.prompt(
            words, default="" if name in present else None, show_default=False, hide_input=name != "client_id", err=True
        )
        answer = _trimmed(name, typed)
        if not answer and name in present:
            return present[name]
        try:
            _check(name, answer)
        except WrongUse as wrong:
            screen.remark(str(wrong), style="yellow")
        else:
            return answer


def _check(name: str, value: str) -> None:
    form, words = _FORMS[name]
    if form.fullmatch(value) is None:
        raise WrongUse(f"{_WORDS[name]}: this is not its form; {words}.")


def _tell(call: Call, recorded_at: str, told: Known | None, report: Report | None) -> None:
    following = _following(call, report)
    redirect_uri = call.deployment.redirect_uri
    if call.json:
        known_at_legrand = {} if told is None else {"application": told.application, "subscription_key": told.key}
        screen.show_json(
            {
                "recorded_at": recorded_at,
                "redirect_uri": redirect_uri,
                "next": following,
                "known_at_legrand": known_at_legrand,
            }
        )
        return
    screen.say(f"The credentials are stored{_words_of(told)}.", style="green")
    screen.say("At Legrand, the redirect address of your application must be exactly this:")
    screen.say(f"  {redirect_uri}")
    screen.say(
        f"Next: `{following}`"
        + (", to give your consent in the browser." if following == AUTHORIZE else ", to see that all is well.")
    )


def _words_of(told: Known | None) -> str:
    if told is None:
        return ""
    silent = [
        what
        for what, said in (("the client id and secret", told.application), ("the subscription key", told.key))
        if said is None
    ]
    if not silent:
        return ", and Legrand knows them"
    are = "are" if told.application is None else "is"
    return f"; whether {' and '.join(silent)} {are} right, Legrand did not say just now"


def _following(call: Call, report: Report | None) -> str:
    """The command to run next, by the keeper's report on this run, or else by its last one."""
    last = report or KeeperNotes(call.deployment.table).report()
    asked = last is not None and any(each.reason in _CONSENT for each in last.person)
    return AUTHORIZE if last is None or last.tokens is None or asked else "smarther status"

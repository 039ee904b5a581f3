"""`smarther configure`: the credentials of the owner's application at Legrand, into Secrets Manager."""

import json
import os
import re
import sys
from collections.abc import Mapping
from typing import Annotated, Final

import typer

from smarther.domain.credentials import Credentials, CredentialsError
from smarther_cli.call import Call, this_call
from smarther_cli.errors import WrongUse
from smarther_cli.show import screen

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
    "client_secret": (re.compile(r"[^\r\n]+"), "a client secret is one line that is not empty"),
    "subscription_key": (
        re.compile(r"[0-9a-f]{32}", re.IGNORECASE),
        "a subscription key is 32 hexadecimal digits (the Primary key of your subscription)",
    ),
}


def configure(
    context: typer.Context,
    *,
    client_id: Annotated[
        str | None, typer.Option(help="The client id; it is no secret. Without it you are asked.", show_default=False)
    ] = None,
    from_stdin: Annotated[
        bool,
        typer.Option(
            "--stdin",
            help='Read {"client_id": …, "client_secret": …, "subscription_key": …} as JSON from standard input.',
        ),
    ] = False,
) -> None:
    """Store the credentials of your application at Legrand.

    Asks for client id, client secret and subscription key. Nothing secret is shown, and nothing secret can be given
    as an argument, where other users of the machine and your shell's history would see it. Scripts give JSON on
    standard input, or the variables SMARTHER_CLIENT_ID, SMARTHER_CLIENT_SECRET and SMARTHER_SUBSCRIPTION_KEY.

    Run it again to change a value, such as a client secret that was renewed after its year. What you do not give stays
    as it is.
    """
    call = this_call(context)
    given = _given(client_id, from_stdin=from_stdin)
    for name, value in given.items():
        _check(name, value)
    present = _present(call)
    values = _complete(given, present)
    today = call.at.date().isoformat()
    same_secret = values["client_secret"] == present.get("client_secret")
    recorded_at = present.get("recorded_at", today) if same_secret else today
    call.deployment.secrets.write(call.deployment.credentials_arn, json.dumps(values | {"recorded_at": recorded_at}))
    _tell(call, recorded_at)


def _given(client_id: str | None, *, from_stdin: bool) -> dict[str, str]:
    """What options, standard input or the environment hold, in this order."""
    given = {name: os.environ[variable] for name, variable in VARIABLES.items() if os.environ.get(variable)}
    if from_stdin:
        given |= _read_stdin()
    if client_id is not None:
        given["client_id"] = client_id
    return {name: _trimmed(name, value) for name, value in given.items()}


def _trimmed(name: str, value: str) -> str:
    """Without what copying adds; a client secret may hold any characters, so only line ends are taken from it."""
    return value.strip("\r\n") if name == "client_secret" else value.strip()


def _read_stdin() -> Mapping[str, str]:
    try:
        told = json.loads(sys.stdin.read())
    except ValueError:
        told = None  # what stands there may be secret, so no word of it
    if not isinstance(told, dict) or not all(isinstance(told.get(name, ""), str) for name in VARIABLES):
        raise WrongUse(
            "Standard input does not hold the JSON that --stdin expects.",
            'It is {"client_id": "…", "client_secret": "…", "subscription_key": "…"}. What is left out stays as it is.',
        )
    return {name: told[name] for name in VARIABLES if told.get(name)}


def _present(call: Call) -> Mapping[str, str]:
    """What the secret holds now; nothing when it was never written, or holds something else."""
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
    """All three values: as given, else as they are for somebody who gave others, else as asked for."""
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


def _tell(call: Call, recorded_at: str) -> None:
    report = call.deployment.records.report()
    consented = report is not None and report.tokens is not None
    following = "smarther keeper run" if consented else "smarther authorize"
    redirect_uri = call.deployment.redirect_uri
    if call.json:
        screen.show_json({"recorded_at": recorded_at, "redirect_uri": redirect_uri, "next": following})
        return
    screen.say("The credentials are stored.", style="green")
    screen.say("At Legrand, the redirect address of your application must be exactly this:")
    screen.say(f"  {redirect_uri}")
    screen.say(
        f"Next: `{following}`" + (", to see that they work." if consented else ", to give your consent in the browser.")
    )

"""`smarther authorize`: the owner's consent, given in a browser, waited for here."""

import secrets
import webbrowser
from collections.abc import Callable
from datetime import timedelta
from time import monotonic, sleep
from typing import Annotated, Final

import typer

from smarther.domain.account import consent
from smarther.domain.account.consent import ConsentProgress, NotGiven, Scope
from smarther.domain.account.credentials import Credentials, CredentialsError
from smarther.domain.keeper.keeper_report import Report
from smarther.drawing import consent_page
from smarther.drawing.words.english import ENGLISH
from smarther.store.keeper_items import Consents
from smarther_cli.call import Call, ended, this_call
from smarther_cli.deployment import Deployment
from smarther_cli.errors import Failure, Status
from smarther_cli.show import screen
from smarther_cli.show.report import report_document, show_plants, show_verdict
from smarther_cli.verdict import judge

POLL_SECONDS: Final = 2.0
KEEPER_SECONDS: Final = 130.0
"""How long the keeper may take once the browser is back: its own limit is two minutes."""


class ScopeRefused(Failure):
    """The login does not grant the scope that was asked for."""


def authorize(
    context: typer.Context,
    *,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the address in this machine's browser.")
    ] = True,
    control: Annotated[
        bool, typer.Option("--control", help="Ask for setting thermostats as well; the recorder itself sets none.")
    ] = False,
) -> None:
    """Give your consent to Legrand, in the browser.

    Prints an address and opens it. Log in there with the account of the Thermostat app and agree; the page you come
    back to tells how it went, and so does this command, which waits for it. The address is good for ten minutes and
    for one use. Without a browser here, open it on any other device.

    It asks to read, and no more. If Legrand's login does not grant reading alone, it is asked again for what
    `--control` asks for, and this command says so.

    Consent given again replaces the one before.
    """
    call = this_call(context)
    client_id = _client_id(call.deployment)
    try:
        report = _consent(call, client_id, Scope.CONTROL if control else Scope.READING, browser=browser)
    except ScopeRefused:
        if control:
            raise
        screen.remark(
            "Legrand's login does not grant reading alone, so it is asked for setting as well.", style="yellow"
        )
        report = _consent(call, client_id, Scope.CONTROL, browser=browser)
    _tell(call, report)


def _consent(call: Call, client_id: str, scope: Scope, *, browser: bool) -> Report:
    """The report of the run that was given the owner's consent. Raises Failure; ScopeRefused for the scope's sake."""
    state = secrets.token_urlsafe(consent.STATE_BYTES)
    address = consent.authorisation_address(
        call.deployment.login_url,
        client_id=client_id,
        redirect_uri=call.deployment.redirect_uri,
        state=state,
        scope=scope,
    )
    Consents(call.deployment.table).begin(state, call.at)
    until = (call.at + consent.STATE_LIFE).astimezone()
    screen.remark(f"Give your consent at this address; it is good for one use, until {until:%H:%M}:")
    screen.remark(address)
    if browser and not webbrowser.open(address):
        screen.remark("No browser could be opened here; open the address yourself, on any device.", style="yellow")
    with screen.remarks().status("Waiting for your consent (Ctrl-C ends the waiting)") as spinner:
        return wait_for(Consents(call.deployment.table), state, spinner.update)


def wait_for(consents: Consents, state: str, say: Callable[[str], None]) -> Report:
    """The report of the run that was given the consent of this state; reports of other runs are ignored.

    Raises Failure if none comes in time.
    """
    end = monotonic() + consent.STATE_LIFE.total_seconds()
    back = False
    while monotonic() < end:
        found = consents.of(state)
        if found.not_given is not None:
            kind = ScopeRefused if found.not_given is NotGiven.SCOPE_REFUSED else Failure
            raise _as_the_page_says(consent_page.page_without(found.not_given), kind)
        if found.report is not None:
            return found.report
        if found.progress is ConsentProgress.BACK and not back:
            back, end = True, monotonic() + KEEPER_SECONDS
            say("The browser is back; the keeper is at work")
        sleep(POLL_SECONDS)
    if back:
        raise Failure(
            "The browser came back, but the keeper did not report on this consent in time.",
            "`smarther status` tells whether there are tokens now. If not, run `smarther authorize` again.",
        )
    minutes = consent.STATE_LIFE // timedelta(minutes=1)
    raise Failure(
        f"No consent was given within {minutes} minutes; the address is no longer good.",
        "Run `smarther authorize` again. If Legrand showed an error instead of its login, compare the redirect"
        " address registered there with the one that `smarther configure` prints; if it is about a scope, run"
        " `smarther authorize --control`.",
    )


def _client_id(deployment: Deployment) -> str:
    version = deployment.secrets.read(deployment.credentials_arn)
    if version is None:
        raise Failure("There are no credentials yet.", "Run `smarther configure` first.")
    try:
        return Credentials.from_secret(
            version.text, version=version.version_id, written_at=version.created_at
        ).client_id
    except CredentialsError as unreadable:
        raise Failure(f"The credentials cannot be used: {unreadable}.", "Run `smarther configure` again.") from None


def _as_the_page_says(page: consent_page.ConsentPage, kind: type[Failure] = Failure) -> Failure:
    """What the page tells to which the browser came back; here in English, as all of the command line."""
    told = page.told(ENGLISH)
    return kind(f"{told.title}.", "\n".join([told.told, *told.steps]))


def _tell(call: Call, report: Report) -> None:
    if report.outcome == "busy" or report.consent != "accepted":
        raise _as_the_page_says(consent_page.page_for(report))
    verdict = judge(report)
    if call.json:
        screen.show_json(report_document(report))
    else:
        screen.say("Consent is given; the tokens are kept.", style="green")
        show_plants(report.plants, left_out=report.left_out.get("plants", 0))
        show_verdict(verdict)
    if verdict.status is not Status.FINE:
        raise ended(verdict.status)

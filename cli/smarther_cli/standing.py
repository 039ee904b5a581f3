"""Why a person is needed: by the keeper's last report, and by what has changed since."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from smarther.domain.account.legrand_answers import Reason
from smarther.domain.keeper.keeper_report import PersonNeeded
from smarther_cli.verdict import ProblemName

if TYPE_CHECKING:
    from smarther.domain.keeper.keeper_report import Report
    from smarther_cli.deployment import Deployment

_OF_CREDENTIALS: Final = frozenset(
    {
        Reason.CREDENTIALS_MISSING,
        Reason.CREDENTIALS_REFUSED,
        Reason.CLIENT_SECRET_EXPIRED,
        Reason.CLIENT_SECRET_BIRTHDAY,
        Reason.SUBSCRIPTION_KEY_REFUSED,
        Reason.ACCESS_REFUSED,
    }
)
"""Reasons that may no longer hold once other credentials are stored."""


def is_configured(deployment: Deployment) -> bool:
    """Whether credentials were ever stored."""
    return deployment.secrets.read(deployment.credentials_arn) is not None


def needed_first(*, configured: bool) -> PersonNeeded:
    """What the owner of a new stack has to do."""
    reason = Reason.CONSENT_MISSING if configured else Reason.CREDENTIALS_MISSING
    return PersonNeeded(reason=reason.value, do=reason.remedy)


def person_since(deployment: Deployment, report: Report) -> tuple[PersonNeeded, ...]:
    """Why a person is needed, by a report; without reasons about credentials that have been replaced since.

    The secret is read only where the report has such a reason.
    """
    of_credentials = [each for each in report.person if each.reason in _OF_CREDENTIALS]
    if not of_credentials:
        return report.person
    version = deployment.secrets.read(deployment.credentials_arn)
    if version is None or version.created_at <= datetime.fromisoformat(report.at):
        return report.person
    changed = PersonNeeded(
        reason=ProblemName.CREDENTIALS_CHANGED,
        do="Credentials were stored after the keeper's last run, so that nobody knows yet whether they are right."
        " `smarther keeper run` says so at once.",
    )
    return (changed, *(each for each in report.person if each not in of_credentials))

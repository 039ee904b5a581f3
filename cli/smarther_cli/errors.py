"""The errors of the command line, which say what to do next, and the exit statuses.

Failure                 the command could not do what was asked                exit status 1
├── WrongUse            the arguments cannot be understood                     2
├── NotLoggedIn         there are no credentials that AWS accepts              1
└── NotFound            what was asked for does not exist                      4
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar, Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - boto3's own
    CredentialRetrievalError,
    HTTPClientError,
    InvalidRegionError,
    LoginError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from smarther.aws.secrets_manager import SecretsError
from smarther.store.table import StoreError

if TYPE_CHECKING:
    from smarther_cli.place import Place


class Status(IntEnum):
    """The exit statuses of every command."""

    FINE = 0
    FAILED = 1
    WRONG_USE = 2
    PERSON_NEEDED = 3
    NOT_FOUND = 4
    STOPPED = 130
    """Ended by Ctrl-C: the usual status of shells."""


class Failure(Exception):  # noqa: N818 - the tree above reads better without three times "Error"
    """The command could not do what was asked: what happened, and what to do about it."""

    status: ClassVar[Status] = Status.FAILED

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


class WrongUse(Failure):
    """The arguments of the command cannot be understood."""

    status = Status.WRONG_USE


class NotLoggedIn(Failure):
    """There are no AWS credentials, or none that AWS accepts."""


class NotFound(Failure):
    """What the command was asked for does not exist."""

    status = Status.NOT_FOUND


ADAPTER_ERRORS: Final = (SecretsError, StoreError)
"""The errors of the package's adapters; each has boto3's error as a cause."""

_CREDENTIALS: Final = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    LoginError,
    SSOError,
    TokenRetrievalError,
)
REFUSED_CREDENTIALS: Final = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
DENIED: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "UnauthorizedOperation",
    }
)
"""The error codes for a missing permission, with the one of SNS."""
GONE: Final = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "NotFound",
        "NotFoundException",
        "QueueDoesNotExist",
        "ResourceNotFound",
        "ResourceNotFoundException",
    }
)
"""The error codes for a resource that does not exist, of each service."""
_ACTION: Final = re.compile(r"not authorized to perform:? ([A-Za-z0-9-]+:[A-Za-z0-9*]+)")
_LOG_IN: Final = (
    "Log in as you do for the AWS CLI (`aws login`, `aws sso login`, `aws configure`), or name a profile with"
    " --profile. For the sandbox on this machine, add --sandbox."
)


def explained(error: Exception, place: Place) -> Failure:
    """An error of boto3 or of an adapter, in the owner's words."""
    cause = vendors(error)
    if isinstance(cause, ClientError):
        return _refused(cause, place)
    if isinstance(cause, BotoCoreError):
        return _not_reached(cause, place)
    return Failure(str(error))


def vendors(error: Exception) -> BaseException | None:
    """The error of boto3: the error itself or one of its causes; None if there is none."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ClientError | BotoCoreError):
        cause = cause.__cause__
    return cause


def denied_action(error: ClientError) -> str:
    """The IAM action that the caller may not do; the API's operation where AWS does not name the action."""
    found = _ACTION.search(str(error.response.get("Error", {}).get("Message", "")))
    return found[1] if found else error.operation_name


def _not_reached(error: BotoCoreError, place: Place) -> Failure:
    """The failure for a call without an answer: something is missing on this machine, or the network failed."""
    if isinstance(error, _CREDENTIALS):
        return NotLoggedIn("There are no AWS credentials to use.", f"{_LOG_IN} ({_one_line(error)})")
    if isinstance(error, ProfileNotFound):
        return WrongUse(_one_line(error) + ".", "`aws configure list-profiles` names the profiles of this machine.")
    if isinstance(error, NoRegionError):
        return WrongUse(
            "No AWS region is set.", "Name the one you deployed to, such as --region eu-south-1, or set AWS_REGION."
        )
    if isinstance(error, InvalidRegionError):
        return WrongUse(_one_line(error) + ".", "A region is a name such as eu-south-1.")
    if isinstance(error, ConnectionError | HTTPClientError):
        return _silent(error, place)
    return Failure(f"AWS could not be asked: {_one_line(error)}")


def _silent(error: BotoCoreError, place: Place) -> Failure:
    if place.sandbox:
        return Failure("The sandbox does not answer.", "Start it with `make sandbox`.")
    region = f" the region ({place.region})" if place.region else " the region"
    return Failure(
        "AWS does not answer.", f"Check this machine's network and{region}, then try again. ({_one_line(error)})"
    )


def _refused(error: ClientError, place: Place) -> Failure:
    """The failure for an error that AWS answered with."""
    told = error.response.get("Error", {})
    code, message = str(told.get("Code", "")), str(told.get("Message", ""))
    if code in REFUSED_CREDENTIALS:
        return NotLoggedIn("AWS does not accept your credentials, or they have expired.", f"{_LOG_IN} ({code})")
    if code in DENIED:
        return Failure(
            f"AWS does not allow you to do this: {denied_action(error)}.",
            "Use a profile that may, or have the permission added; docs/owner/command-line.md lists what each command"
            " needs.",
        )
    if code == "ValidationError" and "does not exist" in message:
        return _no_such_stack(place)
    if code in {"ResourceNotFoundException", "ResourceNotFound"}:
        return NotFound(
            f"The stack's outputs name something that is no longer there ({error.operation_name}).",
            "Deploy the stack again (`make deploy`), then try again.",
        )
    # Services may quote what they refuse, and a secret must not be quoted.
    quoted = "" if error.operation_name == "PutSecretValue" else f": {message}"
    return Failure(f"AWS answered {code} to {error.operation_name}{quoted}", "If it looks passing, try again.")


def _no_such_stack(place: Place) -> Failure:
    where = "in the sandbox" if place.sandbox else f"in {place.region}" if place.region else "in your region"
    return NotFound(
        f"There is no stack {place.stack!r} {where}.",
        "Run `make sandbox` again."
        if place.sandbox
        else "Name yours with --stack and --region (or SMARTHER_STACK and AWS_REGION), or deploy it: `make deploy`.",
    )


def _one_line(error: BotoCoreError) -> str:
    return " ".join(str(error).split()).rstrip(".")

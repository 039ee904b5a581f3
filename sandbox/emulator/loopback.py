"""Requests within this machine count as sent by TLS: what is written on no wire needs no encryption on it.

On AWS the condition `aws:SecureTransport` is false for plain HTTP, and a bucket's policy denies that
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html). The local cloud speaks plain HTTP
to its own machine only, so such a policy would deny everything. Works in the local cloud's own process.
"""

from __future__ import annotations

from ipaddress import ip_address

from ministack import app


def install() -> None:
    """Have the local cloud's IAM see requests so."""
    pin = app.pin_request_origin
    app.pin_request_origin = lambda address, secure: pin(address, secure or ip_address(address).is_loopback)

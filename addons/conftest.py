"""The add-ons' tests run under the settings of all others."""

from tests.conftest import _clients_are_closed

__all__ = ["_clients_are_closed"]

"""The login's page in the owner's browser: the application, its request, and two buttons."""

from pathlib import Path

import jinja2

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "pages"), autoescape=True, undefined=jinja2.StrictUndefined
)


def consent_page(application: str, homes: list[str]) -> str:
    """The page that asks the owner to give `application` access to `homes`; its form posts to its own address."""
    return _ENVIRONMENT.get_template("consent.html").render(application=application, homes=homes)

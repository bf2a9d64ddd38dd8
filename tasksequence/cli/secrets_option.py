"""The option that says what becomes of the secrets that a file holds."""

from __future__ import annotations

import click

__all__ = ["secrets_option"]

secrets_option = click.option(
    "--secrets",
    type=click.Choice(["keep", "blank"]),
    default="keep",
    show_default=True,
    help="Keep passwords and product keys, or clear them as the console's export does.",
)

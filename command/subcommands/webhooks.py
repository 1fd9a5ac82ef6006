"""`dpip webhooks`: URLs that are called when something happens."""

from __future__ import annotations

from typing import Annotated

import typer

from command.choices import Ca, Json, Url
from command.helping import new_app, subcommand
from command.panels import LOOK

Events = Annotated[
    list[str] | None,
    typer.Option(help="workload.completed or workload.cancelled; may be repeated (default: both)"),
]
Named = Annotated[str, typer.Argument(metavar="WEBHOOK", help="its id or its name")]


def add_to(app: typer.Typer) -> None:
    webhooks = new_app(
        help="""URLs of yours that are called when something happens to your workloads.

        Each call is signed; the user guide says how a receiver verifies that, and when it is tried again.
        """
    )

    @subcommand(webhooks, short_help="List your webhooks.")
    def list(as_json: Json = False, url: Url = None, ca: Ca = None) -> None:  # noqa: A001 - its name
        """List your webhooks, newest first."""
        from command.webhooks import list_webhooks  # noqa: PLC0415

        list_webhooks(url, ca, as_json=as_json)

    @subcommand(webhooks, short_help="Have a URL called from now on.")
    def add(
        target: Annotated[
            str, typer.Argument(metavar="TARGET", help="the URL that is called: https, at a public address")
        ],
        name: Annotated[str | None, typer.Option(help="what you call it (default: its host)")] = None,
        event: Events = None,
        workload: Annotated[
            str | None,
            typer.Option(help="id or name of the only workload that matters, or `last` (default: all)"),
        ] = None,
        as_json: Json = False,
        url: Url = None,
        ca: Ca = None,
    ) -> None:
        """Have a URL called from now on, and show the secret of its signatures this once.

            dpip webhooks add https://hooks.example.com/dpip

        The user guide says how a receiver verifies the signature.
        """
        from command.webhooks import add_webhook  # noqa: PLC0415

        add_webhook(url, ca, target, name, event or [], workload, as_json=as_json)

    @subcommand(webhooks, short_help="Call a URL no more.")
    def remove(webhook: Named, url: Url = None, ca: Ca = None) -> None:
        """Call a URL no more; what waits for it is dropped."""
        from command.webhooks import remove_webhook  # noqa: PLC0415

        remove_webhook(url, ca, webhook)

    @subcommand(webhooks, short_help="Send a webhook.test, and wait for what comes of it.")
    def test(webhook: Named, as_json: Json = False, url: Url = None, ca: Ca = None) -> None:
        """Send a webhook.test, and wait for what comes of its first attempt."""
        from command.webhooks import try_webhook  # noqa: PLC0415

        try_webhook(url, ca, webhook, as_json=as_json)

    @subcommand(webhooks, short_help="List what was sent to a webhook, and what waits.")
    def deliveries(
        webhook: Named,
        limit: Annotated[int, typer.Option("--limit", "-n", metavar="N", min=1, help="at most so many")] = 20,
        as_json: Json = False,
        url: Url = None,
        ca: Ca = None,
    ) -> None:
        """List what was sent to a webhook and what waits to be, newest first."""
        from command.webhooks import list_deliveries  # noqa: PLC0415

        list_deliveries(url, ca, webhook, limit=limit, as_json=as_json)

    app.add_typer(
        webhooks, name="webhooks", rich_help_panel=LOOK, short_help="Have URLs called when workloads end."
    )

"""`dpip user`: the users of the system on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from command.helping import new_app, subcommand
from command.panels import ACCOUNT
from dpip.domain import Quota, Role

Name = Annotated[str, typer.Argument(metavar="NAME", help="what the user is called")]
Random = Annotated[bool, typer.Option("--random", help="make a password up, and show it this once")]


def add_to(app: typer.Typer) -> None:
    users = new_app(
        help="""Users of the system on this machine, by way of its datastore.

        DPIP_HOME or DPIP_DATABASE_URL say where that is, as they do for `dpip up`. It need not run.
        Elsewhere an administrator has the API: GET /users, and so on. Passwords are asked for, or read from
        standard input; none is taken from the command line, which is for everybody to read.
        """
    )

    @subcommand(users, short_help="List the users, with their quotas and what is used of them.")
    def list() -> None:  # noqa: A001 - the subcommand's name
        """List the users, with their quotas and what is used of them."""
        from command.users import list_users  # noqa: PLC0415

        raise typer.Exit(list_users())

    @subcommand(users, short_help="Add a user.")
    def add(
        name: Name,
        role: Annotated[Role, typer.Option(help="admin, user, or worker (a machine's account)")] = Role.USER,
        random: Random = False,
        quota_bytes: Annotated[
            int | None, typer.Option(metavar="BYTES", help="originals that they may keep, together", min=0)
        ] = None,
        quota_images: Annotated[
            int | None, typer.Option(metavar="N", help="originals that they may keep", min=0)
        ] = None,
        quota_workloads: Annotated[
            int | None, typer.Option(metavar="N", help="workloads that they may keep", min=0)
        ] = None,
    ) -> None:
        """Add a user. Quotas left out are the system's.

            dpip user add ann
            dpip user add ann --random --quota-images 1000

        The password is asked for twice, or made up by --random.
        """
        from command.users import add_user  # noqa: PLC0415

        quota = Quota(quota_bytes, quota_images, quota_workloads)
        raise typer.Exit(add_user(name, role, quota, random=random))

    @subcommand(users, short_help="Give a user a new password; all their logins and tokens end.")
    def passwd(name: Name, random: Random = False) -> None:
        """Give a user a new password. All their logins and tokens end at once."""
        from command.users import change_password  # noqa: PLC0415

        raise typer.Exit(change_password(name, random=random))

    @subcommand(users, short_help="Keep a user out; all their logins and tokens end. Their images stay.")
    def disable(name: Name) -> None:
        """Keep a user out. All their logins and tokens end at once. What runs goes on; their images stay."""
        from command.users import set_disabled  # noqa: PLC0415

        raise typer.Exit(set_disabled(name, disabled=True))

    @subcommand(users, short_help="Let a user in again.")
    def enable(name: Name) -> None:
        """Let a user in again."""
        from command.users import set_disabled  # noqa: PLC0415

        raise typer.Exit(set_disabled(name, disabled=False))

    @subcommand(users, short_help="Remove a user who has no workloads, or with all of them.")
    def delete(
        name: Name,
        with_images: Annotated[
            bool, typer.Option("--with-images", help="remove their workloads with all images first")
        ] = False,
    ) -> None:
        """Remove a user who has no workloads, or, with --with-images, all of them first."""
        from command.users import delete_user  # noqa: PLC0415

        raise typer.Exit(delete_user(name, with_images=with_images))

    app.add_typer(users, name="user", rich_help_panel=ACCOUNT, short_help="List and change the users.")

"""The audit trail, for administrators."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response, jsonify, request

from api import presenting
from api.description import parameters
from api.description.operation import operation
from api.parts import Parts
from api.people.auth import Guard
from api.shapes import accounts
from api.web import paging
from dpip.domain import Action
from dpip.errors import Malformed
from dpip.ports import AuditFilter


def blueprint(parts: Parts, guard: Guard) -> Blueprint:
    """GET /audit."""
    routes = Blueprint("audit", __name__)

    @routes.get("/audit")
    @operation(
        "who did what (administrators)",
        gives=accounts.Audit,
        parameters=(
            parameters.choice("action", Action, "of this kind"),
            parameters.text("who", "by this user"),
            parameters.text("address", "from this address"),
            parameters.text("target", "done to this"),
            parameters.moment("since", "not before"),
            parameters.moment("until", "before"),
            *parameters.PAGES,
        ),
    )
    @guard.admin_reads
    def trail() -> Response:
        wanted = AuditFilter(
            action=paging.choice("action", Action),
            who=request.args.get("who") or None,
            address=request.args.get("address") or None,
            target=request.args.get("target") or None,
            since=_moment("since"),
            until=_moment("until"),
        )
        parts.journal.flush()  # so that what this process just saw is in it
        page = parts.audit.entries(wanted, limit=paging.limit(), after=paging.after())
        return jsonify(entries=[presenting.audit_entry(entry) for entry in page.items], next=page.next)

    return routes


def _moment(name: str) -> float | None:
    """A time of the query, in seconds since the epoch; one without an offset is in UTC."""
    given = request.args.get(name)
    if not given:
        return None
    try:
        when = datetime.fromisoformat(given.replace(" ", "+"))
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise Malformed(
            f"{name} must be a time in ISO 8601, 2026-05-04T12:00:00Z for example, not {given[:50]!r}"
        ) from None

"""Login and logout."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, jsonify

from api import presenting
from api.description.operation import operation
from api.parts import Parts
from api.people.auth import Guard
from api.people.login import Login
from api.people.trail import Trail
from api.shapes import accounts
from dpip.domain import Action
from dpip.logs import fields

log = logging.getLogger(__name__)


def blueprint(parts: Parts, guard: Guard, login: Login, trail: Trail) -> Blueprint:
    """POST /login and DELETE /logout."""
    routes = Blueprint("session", __name__)

    @routes.post("/login")
    @operation("HTTP Basic user and password -> a token", gives=accounts.Login)
    @guard.password
    def log_in() -> Response:
        user = guard.user
        secret, token = login.log_in(user, parts.bounds.token_s)
        log.info("login", extra=fields(user=user.name))
        return jsonify(
            user=user.name,
            token=secret,
            token_type="Bearer",  # noqa: S106 - what OAuth calls it; no password
            token_id=token.id,
            scopes=sorted(token.scopes),
            expires_at=presenting.moment(token.expires_at),
        )

    @routes.delete("/logout")
    @operation("this token is dead from then on", gives=accounts.Logout)
    @guard.accounts
    def log_out() -> Response:
        caller = guard.caller
        parts.tokens.revoke(caller.token_id)
        trail.did(Action.LOGOUT, caller.user_name, caller.token_id)
        return jsonify(logout_message=f"{caller.user_name} is logged out; this token is dead")

    return routes

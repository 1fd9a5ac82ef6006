"""Login and logout."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, jsonify

from api import presenting
from api.auth import Guard
from api.login import Login, token_hash
from api.parts import Parts
from dpip.logs import fields

log = logging.getLogger(__name__)


def blueprint(parts: Parts, guard: Guard, login: Login) -> Blueprint:
    """POST /login and DELETE /logout."""
    routes = Blueprint("session", __name__)

    @routes.post("/login")
    @guard.password
    def log_in() -> Response:
        user = guard.user
        token, expires_at = login.new_token(user)
        log.info("login", extra=fields(user=user.name))
        response = jsonify(
            user=user.name,
            token=token,
            token_type="Bearer",  # noqa: S106 - what OAuth calls it; no password
            expires_at=presenting.moment(expires_at),
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    @routes.delete("/logout")
    @guard.users
    def log_out() -> Response:
        parts.accounts.revoke_token(token_hash(guard.token))
        return jsonify(logout_message=f"{guard.caller.user_name} is logged out; this token is dead")

    return routes

"""Tokens: the keys to the API, one for each program."""

from __future__ import annotations

import math
from http import HTTPStatus

from flask import Blueprint, Response, jsonify, request

from api import presenting
from api.description import bodies, parameters
from api.description.operation import operation
from api.parts import HOUR_S, Parts
from api.people.auth import Guard
from api.people.login import Login
from api.people.trail import Trail
from api.shapes import accounts
from api.web import fields, paging
from dpip import credentials
from dpip.domain import Action, Caller, Role, Scope
from dpip.errors import Forbidden, Malformed, NotFound

MAX_HOURS = 24 * 366
DEFAULT_HOURS = 24 * 90.0


def blueprint(parts: Parts, guard: Guard, login: Login, trail: Trail) -> Blueprint:
    """The routes below /tokens."""
    routes = Blueprint("tokens", __name__)

    @routes.get("/tokens")
    @operation(
        "your tokens: names, scopes, expiry, last use",
        gives=accounts.Tokens,
        parameters=(*parameters.PAGES, parameters.text("user", "whose, for administrators")),
        refuses=(404,),
    )
    @guard.reads
    def every() -> Response:
        caller = guard.caller
        page = parts.tokens.tokens(whose(caller), parts.clock(), limit=paging.limit(), after=paging.after())
        shown = [presenting.token(item, caller.token_id) for item in page.items]
        return jsonify(tokens=shown, next=page.next)

    def whose(caller: Caller) -> str:
        """The id of the user that was asked for, by an administrator; else the caller's own."""
        name = request.args.get("user") or caller.user_name
        if name == caller.user_name:
            return caller.user_id
        user = parts.accounts.find_user(name) if caller.role is Role.ADMIN else None
        if user is None:
            raise NotFound(f"there is no user {name[:100]!r} that you may see")
        return user.id

    @routes.post("/tokens")
    @operation(
        "name, scopes, expires_in_hours -> a token, whose secret is shown this once",
        gives=accounts.NewToken,
        status=HTTPStatus.CREATED,
        takes=bodies.NEW_TOKEN,
        refuses=(409, 413),
    )
    @guard.writes
    def make() -> tuple[Response, int]:
        caller = guard.caller
        given = fields.read_fields(request)
        name = credentials.token_name(fields.text(given, "name") or "")
        scopes = _scopes(given.get("scopes"), caller.role, caller.scopes)
        life_s = _life_s(given, caller, parts.clock())
        secret, token = login.make_token(caller.user_id, name, scopes, life_s, caller.token_id)
        trail.did(Action.TOKEN_MADE, caller.user_name, token.id, f"{name}: {' '.join(sorted(scopes))}")
        answer = jsonify(**presenting.token(token, caller.token_id), token=secret)
        return answer, HTTPStatus.CREATED

    @routes.delete("/tokens/<token_id>")
    @operation("that token is dead from then on, and what it made", gives=accounts.Token)
    @guard.writes
    def revoke(token_id: str) -> Response:
        caller = guard.caller
        token = parts.tokens.revoke(token_id, None if caller.role is Role.ADMIN else caller.user_id)
        if token is None:
            raise NotFound(f"there is no token {token_id!r} of yours; GET /tokens lists them")
        trail.did(Action.TOKEN_REVOKED, caller.user_name, token_id, token.name)
        return jsonify(presenting.token(token, caller.token_id))

    return routes


def _scopes(given: object, role: Role, maker: frozenset[Scope]) -> frozenset[Scope]:
    """A JSON list, or words parted by spaces or commas; left out, what the maker's token allows."""
    if given is None:
        return maker
    if isinstance(given, str):
        given = given.replace(",", " ").split()
    if not isinstance(given, list) or not all(isinstance(word, str) for word in given):
        raise Malformed("scopes is a list of words, or a string of them: 'read write'")
    return credentials.scopes(given, role, maker)


def _life_s(given: fields.Fields, maker: Caller, now: float) -> float:
    """A login stands for the person who logged in; any other token makes none that outlives it.

    Left out, it is `DEFAULT_HOURS`, or what is left of the maker's life. Raises `Malformed` and `Forbidden`.
    """
    left_s = math.inf if maker.token_maker is None else maker.token_expires_at - now
    if "expires_in_hours" not in given:
        return min(DEFAULT_HOURS * HOUR_S, left_s)
    life_s = _hours(given["expires_in_hours"]) * HOUR_S
    if life_s > left_s:
        raise Forbidden(
            f"this token expires at {presenting.moment(maker.token_expires_at)}, and makes none that lives "
            "longer; log in to make one"
        )
    return life_s


def _hours(given: object) -> float:
    try:
        hours = float(given) if isinstance(given, (str, int, float)) else 0.0
    except (ValueError, OverflowError):  # of a number with hundreds of digits
        hours = 0.0
    if not 0 < hours <= MAX_HOURS:
        raise Malformed(f"expires_in_hours is a number above 0 and up to {MAX_HOURS}")
    return hours

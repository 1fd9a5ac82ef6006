"""Who is calling: HTTP Basic for the login, a Bearer token for everything else."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar, cast

from flask import Response, request
from flask_httpauth import HTTPBasicAuth, HTTPTokenAuth

from api.login import Login, token_hash
from api.problems import problem
from dpip.domain import Caller, Scope, User
from dpip.ports import Accounts, Clock

View = TypeVar("View", bound=Callable[..., Any])
REALM = "DPIP"
_MAX_TOKEN_CHARS = 200


class Guard:
    """Decorators for views. A view without one of them is open to everybody."""

    def __init__(self, accounts: Accounts, login: Login, clock: Clock) -> None:
        self._accounts = accounts
        self._login = login
        self._clock = clock
        self._basic = HTTPBasicAuth(realm=REALM)
        self._bearer = HTTPTokenAuth(scheme="Bearer", realm=REALM)
        self._basic.verify_password(self._check_password)
        self._basic.error_handler(_wrong_password)
        self._bearer.verify_token(self._check_token)
        self._bearer.get_user_roles(_scopes)
        self._bearer.error_handler(_refused)

    def password(self, view: View) -> View:
        """HTTP Basic; see `user`."""
        return cast(View, self._basic.login_required(view))

    def users(self, view: View) -> View:
        """A user's token; a worker's is refused."""
        return cast(View, self._bearer.login_required(role=Scope.USER.value)(view))

    def users_and_workers(self, view: View) -> View:
        """Any live token; the view looks at the caller's scope."""
        return cast(View, self._bearer.login_required(view))

    @property
    def user(self) -> User:
        """Who gave the right password for this request."""
        return cast(User, self._basic.current_user())

    @property
    def caller(self) -> Caller:
        """Whom this request's token speaks for."""
        return cast(Caller, self._bearer.current_user())

    @property
    def token(self) -> str:
        """This request's token."""
        authorization = request.authorization
        return (authorization.token if authorization else None) or ""

    def _check_password(self, name: str, password: str) -> User | None:
        if not name:
            return None
        return self._login.check(name, password, request.remote_addr)

    def _check_token(self, token: str) -> Caller | None:
        if not token or len(token) > _MAX_TOKEN_CHARS:
            return None
        return self._accounts.find_caller(token_hash(token), self._clock())


def _scopes(caller: Caller) -> str:
    return caller.scope.value


def _wrong_password(_status: int) -> Response:
    given = request.authorization is not None
    detail = (
        "wrong user name or password"
        if given
        else "user name and password are needed, by HTTP Basic: curl --user name:password -X POST .../login"
    )
    return problem(HTTPStatus.UNAUTHORIZED, detail)


def _refused(status: int) -> Response:
    if status == HTTPStatus.FORBIDDEN:
        return problem(
            HTTPStatus.FORBIDDEN, "a worker's token fetches originals and delivers results, nothing else"
        )
    if request.authorization is None:
        return problem(
            HTTPStatus.UNAUTHORIZED,
            "a token is needed: send the header 'Authorization: Bearer <token>'; POST /login gives a token",
        )
    response = problem(
        HTTPStatus.UNAUTHORIZED,
        "this token is unknown, expired or logged out; POST /login gives a new one",
    )
    response.headers["WWW-Authenticate"] = f'Bearer realm="{REALM}", error="invalid_token"'
    return response

"""Who is calling, and whether they may: HTTP Basic for the login, a Bearer token for everything else."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar, cast

from flask import Response, request
from flask_httpauth import HTTPBasicAuth, HTTPTokenAuth

from api.description.operation import Needs, guarded
from api.people.guessing import network_of
from api.people.login import Login
from api.people.trail import Trail
from api.web.problems import problem
from api.web.rates import Rates
from dpip.credentials import token_hash
from dpip.domain import Action, Caller, Role, Scope, User
from dpip.errors import Forbidden
from dpip.ports import Clock, Tokens

View = TypeVar("View", bound=Callable[..., Any])
REALM = "DPIP"
_MAX_TOKEN_CHARS = 200


class Guard:
    """Decorators for views. A view without one of them is open to everybody."""

    def __init__(
        self, tokens: Tokens, login: Login, trail: Trail, rates: Rates, strangers: Rates, clock: Clock
    ) -> None:
        """`rates` are of users, `strangers` of addresses from which no live token comes."""
        self._tokens = tokens
        self._login = login
        self._trail = trail
        self._rates = rates
        self._strangers = strangers
        self._clock = clock
        self._basic = HTTPBasicAuth(realm=REALM)
        self._bearer = HTTPTokenAuth(scheme="Bearer", realm=REALM)
        self._basic.verify_password(self._check_password)
        self._basic.error_handler(_wrong_password)
        self._bearer.verify_token(self._check_token)
        self._bearer.error_handler(self._no_token)

    def password(self, view: View) -> View:
        """HTTP Basic; see `user`."""
        return guarded(cast(View, self._basic.login_required(view)), Needs(password=True))

    def reads(self, view: View) -> View:
        """A token that may read."""
        return self._needs(view, Scope.READ)

    def writes(self, view: View) -> View:
        """A token that may write."""
        return self._needs(view, Scope.WRITE)

    def reads_or_works(self, view: View) -> View:
        """A token that may read, or a worker's; the view looks at the caller's scopes."""
        return self._needs(view, Scope.READ, Scope.WORKER)

    def writes_or_works(self, view: View) -> View:
        """A token that may write, or a worker's; the view looks at the caller's scopes."""
        return self._needs(view, Scope.WRITE, Scope.WORKER)

    def admin_reads(self, view: View) -> View:
        """An administrator's token that may read."""
        return self._needs(view, Scope.READ, admin=True)

    def watches(self, view: View) -> View:
        """An administrator's token that may read, or one that is for this alone."""
        return self._needs(view, Scope.READ, Scope.METRICS, admin=True)

    def admin_writes(self, view: View) -> View:
        """An administrator's token that may write."""
        return self._needs(view, Scope.WRITE, admin=True)

    def accounts(self, view: View) -> View:
        """Any user's token, whatever it allows; not that of a registered worker."""
        return self._needs(view, *Scope, account=True)

    @property
    def user(self) -> User:
        """Who gave the right password for this request."""
        return cast(User, self._basic.current_user())

    @property
    def caller(self) -> Caller:
        """Whom this request's token speaks for."""
        return cast(Caller, self._bearer.current_user())

    def watch(self) -> Callable[[], bool]:
        """Is this request's token still alive? For answers that take long; any thread may ask."""
        given = request.authorization
        hashed = token_hash((given.token if given else None) or "")
        return lambda: self._tokens.find_caller(hashed, self._clock()) is not None

    def _needs(self, view: View, *any_of: Scope, admin: bool = False, account: bool = False) -> View:
        @wraps(view)
        def allowed(*arguments: Any, **named: Any) -> Any:
            caller = self.caller
            why_not = _why_not(caller, frozenset(any_of), admin, account)
            if why_not is not None:
                self._trail.refused(Action.REFUSED, caller.user_name, why_not)
                raise Forbidden(why_not)
            return view(*arguments, **named)

        needs = Needs(tuple(scope.value for scope in any_of), admin)
        return guarded(cast(View, self._bearer.login_required(allowed)), needs)

    def _check_password(self, name: str, password: str) -> User | None:
        if not name:
            return None
        return self._login.check(name, password, request.remote_addr)

    def _check_token(self, token: str) -> Caller | None:
        if not token or len(token) > _MAX_TOKEN_CHARS:
            return None
        caller = self._tokens.find_caller(token_hash(token), self._clock())
        if caller is not None:
            if caller.worker_id is None:
                self._rates.take(caller.user_id)
            self._trail.used(caller)
        return caller

    def _no_token(self, _status: int) -> Response:
        given = request.authorization is not None
        why = "an unknown, expired or revoked token" if given else "no token"
        self._trail.refused(Action.REFUSED, None, why)
        # Only now: whoever has a live token gets in, whatever else comes from the same address.
        self._strangers.take(network_of(request.remote_addr or ""))
        if not given:
            return problem(
                HTTPStatus.UNAUTHORIZED,
                "a token is needed: send the header 'Authorization: Bearer <token>'; "
                "POST /login gives a token",
            )
        response = problem(
            HTTPStatus.UNAUTHORIZED,
            "this token is unknown, expired, revoked or logged out; POST /login gives a new one",
        )
        response.headers["WWW-Authenticate"] = f'Bearer realm="{REALM}", error="invalid_token"'
        return response


def _why_not(caller: Caller, any_of: frozenset[Scope], admin: bool, account: bool) -> str | None:
    """What this caller's token lacks; None: it may."""
    if account and caller.worker_id is not None:
        return "a worker's token fetches originals and delivers results, nothing else"
    if not caller.scopes & any_of:
        if caller.scopes == {Scope.WORKER}:
            return "a worker's token fetches originals and delivers results, nothing else"
        return (
            f"this token allows {' and '.join(sorted(caller.scopes))}, and this needs "
            f"{' or '.join(sorted(any_of - {Scope.WORKER}))}; log in, or make another with POST /tokens"
        )
    if admin and caller.role is not Role.ADMIN:
        return "only an administrator may do this"
    return None


def _wrong_password(_status: int) -> Response:
    given = request.authorization is not None
    detail = (
        "wrong user name or password"
        if given
        else "user name and password are needed, by HTTP Basic: "
        "curl --user name -X POST .../login asks for the password"
    )
    return problem(HTTPStatus.UNAUTHORIZED, detail)

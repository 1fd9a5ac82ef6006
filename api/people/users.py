"""Users: an administrator's business, but for one's own account and password."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, jsonify, request

from api import presenting
from api.description import bodies, parameters
from api.description.operation import operation
from api.parts import Parts
from api.people.administration import Administration
from api.people.auth import Guard
from api.shapes import accounts
from api.web import fields, paging
from dpip.domain import User
from dpip.errors import Malformed


def blueprint(parts: Parts, guard: Guard, administration: Administration) -> Blueprint:
    """The routes below /users."""
    routes = Blueprint("users", __name__)

    def shown(user: User) -> accounts.User:
        return presenting.user(user, parts.bounds.quota)

    @routes.get("/users")
    @operation("all users (administrators)", gives=accounts.Users, parameters=parameters.PAGES)
    @guard.admin_reads
    def every() -> Response:
        page = parts.accounts.users(limit=paging.limit(), after=paging.after())
        return jsonify(users=[shown(user) for user in page.items], next=page.next)

    @routes.post("/users")
    @operation(
        "name, password, role, quotas -> a user (administrators)",
        gives=accounts.NewUser,
        status=HTTPStatus.CREATED,
        takes=bodies.NEW_USER,
        refuses=(409, 413),
    )
    @guard.admin_writes
    def add() -> tuple[Response, int]:
        user, made_up = administration.add(guard.caller, fields.read_fields(request))
        answer = jsonify(**shown(user), **({"password": made_up} if made_up else {}))
        return answer, HTTPStatus.CREATED

    @routes.get("/users/<user_name>")
    @operation("a user, or yourself: role, quotas and what is used of them", gives=accounts.User)
    @guard.reads
    def show(user_name: str) -> Response:
        return jsonify(shown(administration.seen_by(guard.caller, user_name)))

    @routes.patch("/users/<user_name>")
    @operation(
        "your password; role, disabled, quotas and any password for administrators",
        gives=accounts.User,
        takes=bodies.CHANGED_USER,
        refuses=(409, 413),
    )
    @guard.writes
    def change(user_name: str) -> Response:
        caller = guard.caller
        user = administration.seen_by(caller, user_name)
        given = fields.read_fields(request)
        return jsonify(shown(administration.change(caller, user, given, request.remote_addr)))

    @routes.delete("/users/<user_name>")
    @operation(
        "remove a user (administrators)",
        gives=accounts.DeletedUser,
        parameters=(parameters.text("workloads", "with all workloads", enum=["delete"]),),
        refuses=(409,),
    )
    @guard.admin_writes
    def delete(user_name: str) -> Response:
        caller = guard.caller
        user = administration.seen_by(caller, user_name)
        wanted = request.args.get("workloads")
        if wanted not in {None, "delete"}:
            raise Malformed("workloads=delete removes the user's workloads, too; else leave it out")
        removed = administration.delete(caller, user, with_workloads=wanted is not None)
        return jsonify(**shown(user), deleted_workloads=removed)

    return routes

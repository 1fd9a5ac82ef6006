"""Answers that take a while to go out: each holds a turn until its last byte."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import cast

from flask import Response
from werkzeug.wsgi import ClosingIterator

from api.web.turns import Turns


def taking_turns(turns: Turns, caller: str, make: Callable[[], Response]) -> Response:
    """What `make` gives, once it is the caller's turn. Raises `TooMany`."""
    turns.take(caller)
    try:
        response = make()
    except BaseException:
        turns.give_back(caller)
        raise
    # Not `call_on_close`: a file that is passed through does not come to it.
    response.response = ClosingIterator(
        cast("Iterable[bytes]", response.response), partial(turns.give_back, caller)
    )
    return response

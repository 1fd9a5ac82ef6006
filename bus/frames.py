"""Messages to sealed frames and back, one class per direction."""

from __future__ import annotations

import time
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from bus.messages import Announcement, Reply, Request
from bus.seal import NONCE_BYTES, Receiver, Replayed, Seal, WrongClock, WrongToken, new_nonce
from dpip.errors import Malformed, Unauthenticated
from dpip.ports import Clock

MAX_REQUEST_BYTES = 256 * 1024
MAX_REPLY_BYTES = 64 * 1024
MAX_ANNOUNCEMENT_BYTES = 16 * 1024
_END_OF_TOPIC = b"\0"  # neither topics nor sealed bodies have one

# A refusal is not sealed: whom it is for could not open it. It says nothing that a stranger may not know.
_REFUSALS: dict[bytes, type[Unauthenticated]] = {
    b"refused: token": WrongToken,
    b"refused: clock": WrongClock,
    b"refused: replay": Replayed,
}
ADVICE = {
    WrongToken: "the controller refuses this join token: set DPIP_JOIN_TOKEN to its secrets/join_token",
    WrongClock: "the controller refuses this machine's clock: set the clocks of both machines right (NTP)",
    Replayed: "the controller had this very request before",
}
# Not a refusal for good: here is the word of this start, sealed, say it with your request. What was recorded
# before the controller was started anew is worthless by that, though nobody remembers its nonce any more.
_SAY_THE_WORD = b"refused: say "
_REQUEST: TypeAdapter[Request] = TypeAdapter(Request)
_REPLY: TypeAdapter[Reply] = TypeAdapter(Reply)
_ANNOUNCEMENT: TypeAdapter[Announcement] = TypeAdapter(Announcement)
M = TypeVar("M")


class Unworded(Unauthenticated):
    """A good request without the word of the controller's present start."""

    def __init__(self, nonce: bytes) -> None:
        super().__init__("the request was made for an earlier start of the controller")
        self.nonce = nonce


class Asking:
    """The client's end of requests and replies."""

    def __init__(self, join_token: str, clock: Clock = time.time) -> None:
        self._requests = Seal(join_token, "request", clock)
        self._replies = Seal(join_token, "reply", clock)
        self._word = bytes(NONCE_BYTES)

    def request(self, message: Request) -> tuple[bytes, bytes]:
        """(frame, nonce); `reply` wants the nonce again."""
        nonce = new_nonce()
        return self._requests.close(self._word + _json(message), nonce), nonce

    def reply(self, frame: bytes, nonce: bytes) -> Reply:
        """Raises `Unauthenticated` when the controller refused, or when this is no answer to the request;
        `Unworded` means that the same message, made into a new request, will be answered."""
        refusal = _REFUSALS.get(frame)
        if refusal is not None:
            raise refusal(ADVICE[refusal])
        message, answered = self._replies.open(frame.removeprefix(_SAY_THE_WORD))
        if answered != nonce:
            raise Replayed("the reply is to another request")
        if frame.startswith(_SAY_THE_WORD):
            self._word = message
            raise Unworded(nonce)
        return _parse(_REPLY, message)


class Answering:
    """The controller's end of requests and replies."""

    def __init__(self, join_token: str, clock: Clock = time.time) -> None:
        self._requests = Receiver(Seal(join_token, "request", clock), clock)
        self._replies = Seal(join_token, "reply", clock)
        self._word = new_nonce()

    def open(self, frame: bytes) -> tuple[bytes, bytes]:
        """(message for `parse`, nonce for `reply`). Raises `Unauthenticated`."""
        content, nonce = self._requests.open(frame)
        if content[:NONCE_BYTES] != self._word:
            raise Unworded(nonce)
        return content[NONCE_BYTES:], nonce

    @staticmethod
    def parse(message: bytes) -> Request:
        """Raises `Malformed`."""
        return _parse(_REQUEST, message)

    def reply(self, message: Reply, nonce: bytes) -> bytes:
        return self._replies.close(_json(message), nonce)

    def refusal(self, error: Unauthenticated) -> bytes:
        if isinstance(error, Unworded):
            return _SAY_THE_WORD + self._replies.close(self._word, error.nonce)
        return next((frame for frame, kind in _REFUSALS.items() if kind is type(error)), b"refused: token")


class Telling:
    """The sender's end of hints ("hint") or announcements ("announcement")."""

    def __init__(self, join_token: str, channel: str, clock: Clock = time.time) -> None:
        self._seal = Seal(join_token, channel, clock)

    def frame(self, topic: str, body: dict[str, str]) -> bytes:
        message = Announcement(topic=topic, body=body)
        return topic.encode() + _END_OF_TOPIC + self._seal.close(_json(message), new_nonce())


class Hearing:
    """The receiver's end of hints or announcements.

    Their senders hear nothing back, so what was recorded and comes again within a minute, at a receiver
    that was started meanwhile, is heard: a hint more, which everybody can live with.
    """

    def __init__(self, join_token: str, channel: str, clock: Clock = time.time) -> None:
        self._receiver = Receiver(Seal(join_token, channel, clock), clock)

    def announcement(self, frame: bytes) -> Announcement:
        """Raises `Unauthenticated` or `Malformed`."""
        topic, _, sealed = frame.partition(_END_OF_TOPIC)
        message, _ = self._receiver.open(sealed)
        announcement = _parse(_ANNOUNCEMENT, message)
        if announcement.topic.encode() != topic:
            raise Malformed("the frame's topic was changed on its way")
        return announcement


def _json(message: BaseModel) -> bytes:
    return message.model_dump_json().encode()


def _parse(kind: TypeAdapter[M], message: bytes) -> M:
    try:
        return kind.validate_json(message)
    except ValidationError as error:
        raise Malformed(f"a message of the bus cannot be read: {error}") from None

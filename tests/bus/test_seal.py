"""Nobody without the join token reads, makes or replays a frame."""

from __future__ import annotations

import base64

import pytest

from bus.frames import Answering, Asking, Hearing, Telling, Unworded
from bus.messages import Ping, Pong, Rejected, Topic
from bus.seal import MAX_AGE_S, Receiver, Replayed, Seal, WrongClock, WrongToken, derive, new_nonce
from dpip.errors import Malformed, Unauthenticated

TOKEN = "the join token"


class FakeClock:
    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_what_is_sealed_opens_with_the_same_token_only() -> None:
    nonce = new_nonce()
    frame = Seal(TOKEN, "hint").close(b"there is work", nonce)
    assert b"work" not in frame
    assert b"work" not in base64.urlsafe_b64decode(frame)
    assert Seal(TOKEN, "hint").open(frame) == (b"there is work", nonce)
    with pytest.raises(WrongToken, match="join token"):
        Seal("another token", "hint").open(frame)
    with pytest.raises(WrongToken):  # a hint cannot be passed off as an announcement
        Seal(TOKEN, "announcement").open(frame)


def test_an_empty_token_seals_nothing() -> None:
    with pytest.raises(ValueError, match="empty"):
        Seal("", "hint")


@pytest.mark.parametrize("frame", [b"", b"x", b"\xff\xfe", b"refused: token", bytes(1000), b"gAAAAA" * 30])
def test_garbage_does_not_open(frame: bytes) -> None:
    with pytest.raises(WrongToken):
        Seal(TOKEN, "hint").open(frame)


def test_every_changed_byte_is_noticed() -> None:
    seal = Seal(TOKEN, "hint")
    frame = seal.close(b"there is work", new_nonce())
    raw = base64.urlsafe_b64decode(frame)
    for position in range(len(raw)):
        changed = bytearray(raw)
        changed[position] ^= 1
        with pytest.raises(WrongToken):
            seal.open(base64.urlsafe_b64encode(changed))


@pytest.mark.parametrize("difference", [-MAX_AGE_S + 1, 0, MAX_AGE_S - 1])
def test_clocks_may_differ_a_little(difference: float) -> None:
    clock = FakeClock()
    frame = Seal(TOKEN, "hint", clock).close(b"x", new_nonce())
    clock.now += difference
    assert Seal(TOKEN, "hint", clock).open(frame)[0] == b"x"


@pytest.mark.parametrize(("difference", "said"), [(-3600.0, "3600 s ahead"), (3600.0, "3600 s old")])
def test_clocks_that_differ_too_much_are_told_from_a_wrong_token(difference: float, said: str) -> None:
    clock = FakeClock()
    frame = Seal(TOKEN, "hint", clock).close(b"x", new_nonce())
    clock.now += difference
    with pytest.raises(WrongClock, match=said):
        Seal(TOKEN, "hint", clock).open(frame)


def test_a_frame_opens_once() -> None:
    clock = FakeClock()
    seal = Seal(TOKEN, "hint", clock)
    receiver = Receiver(seal, clock)
    first, second = seal.close(b"same", new_nonce()), seal.close(b"same", new_nonce())
    assert receiver.open(first)[0] == receiver.open(second)[0] == b"same"
    for frame in (first, second):
        with pytest.raises(Replayed):
            receiver.open(frame)


def test_a_frame_from_the_future_is_still_remembered_when_its_time_comes() -> None:
    clock = FakeClock()
    ahead = FakeClock(clock.now + MAX_AGE_S - 1)
    frame = Seal(TOKEN, "hint", ahead).close(b"x", new_nonce())
    receiver = Receiver(Seal(TOKEN, "hint", clock), clock)
    receiver.open(frame)
    for _ in range(110):
        clock.now += 1
        receiver.open(Seal(TOKEN, "hint", clock).close(b"y", new_nonce()))
    with pytest.raises(Replayed):
        receiver.open(frame)
    clock.now += MAX_AGE_S
    with pytest.raises(WrongClock):
        receiver.open(frame)


def test_the_memory_of_frames_is_bounded() -> None:
    clock = FakeClock()
    seal = Seal(TOKEN, "hint", clock)
    receiver = Receiver(seal, clock, max_remembered=10)
    for _ in range(50):
        receiver.open(seal.close(b"x", new_nonce()))
    assert len(receiver._seen) == 10
    clock.now += 2 * MAX_AGE_S + 1
    receiver.open(seal.close(b"x", new_nonce()))
    assert len(receiver._seen) == 1


def test_derived_secrets_differ_by_purpose_and_token() -> None:
    assert derive(TOKEN, "ray") == derive(TOKEN, "ray")
    assert len({derive(TOKEN, "ray"), derive(TOKEN, "x"), derive("another", "ray"), TOKEN}) == 4
    assert len(bytes.fromhex(derive(TOKEN, "ray"))) == 32


def acquainted() -> tuple[Asking, Answering]:
    """Both ends, after the first question."""
    asking, answering = Asking(TOKEN), Answering(TOKEN)
    frame, nonce = asking.request(Ping())
    with pytest.raises(Unworded) as first:
        answering.open(frame)
    with pytest.raises(Unworded):
        asking.reply(answering.refusal(first.value), nonce)
    return asking, answering


def test_a_request_and_its_reply() -> None:
    asking, answering = acquainted()
    frame, nonce = asking.request(Ping())
    message, answered = answering.open(frame)
    assert answering.parse(message) == Ping()
    assert asking.reply(answering.reply(Pong(boot="b"), answered), nonce) == Pong(boot="b")


def test_the_reply_to_another_request_is_refused() -> None:
    asking, answering = acquainted()
    _, old = answering.open(asking.request(Ping())[0])
    recorded = answering.reply(Pong(boot="old"), old)
    _, nonce = asking.request(Ping())
    with pytest.raises(Replayed):
        asking.reply(recorded, nonce)


@pytest.mark.parametrize("kind", [WrongToken, WrongClock, Replayed])
def test_a_refusal_says_which_and_what_to_do(kind: type[Unauthenticated]) -> None:
    frame = Answering(TOKEN).refusal(kind("detail for the log"))
    with pytest.raises(kind, match="controller") as caught:
        Asking("another token").reply(frame, new_nonce())
    assert type(caught.value) is kind


def test_sealed_nonsense_is_malformed() -> None:
    for message in (b"", b"{}", b'{"kind": "unheard-of"}', b'{"kind": "report"}', b"[" * 10_000):
        with pytest.raises(Malformed):
            Answering(TOKEN).parse(message)
    asking = Asking(TOKEN)
    _, nonce = asking.request(Ping())
    with pytest.raises(Malformed):
        asking.reply(Seal(TOKEN, "reply").close(b"{}", nonce), nonce)


def test_an_announcement_keeps_its_topic_in_clear_and_under_seal() -> None:
    frame = Telling(TOKEN, "announcement").frame(f"{Topic.DRAIN}w1/", {"worker": "w1"})
    assert frame.startswith(b"drain/w1/")
    hearing = Hearing(TOKEN, "announcement")
    announcement = hearing.announcement(frame)
    assert (announcement.topic, announcement.body) == ("drain/w1/", {"worker": "w1"})
    with pytest.raises(Replayed):
        hearing.announcement(frame)
    moved = frame.replace(b"drain/w1/", b"drain/w2/")
    with pytest.raises(Malformed, match="topic was changed"):
        Hearing(TOKEN, "announcement").announcement(moved)


def test_extra_fields_of_a_newer_version_are_ignored() -> None:
    asking, answering = Asking(TOKEN), Answering(TOKEN)
    _, nonce = asking.request(Ping())
    newer = Seal(TOKEN, "reply").close(b'{"kind":"pong","boot":"b","news":1}', nonce)
    assert asking.reply(newer, nonce) == Pong(boot="b")
    assert answering.parse(b'{"kind":"ping","news":1}') == Ping()
    assert Rejected(reason="x", detail="y").kind == "rejected"

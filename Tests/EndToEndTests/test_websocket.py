"""A WebSocket client that knows only the contract."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from api import STATES, TERMINAL, check_conserved, is_settled
from conftest import House, HouseMaker
from program import ROOT

Message = dict[str, Any]

# The contract says once a second; the rest is for a busy machine.
LONGEST_GAP_SECONDS = 1.5


@contextmanager
def watching(house: House, **arguments: Any) -> Iterator[ClientConnection]:
    address = house.server.url.replace("http://", "ws://") + "/ws"
    with connect(address, proxy=None, max_size=1 << 20, **arguments) as socket:
        yield socket


def say(socket: ClientConnection, **message: Any) -> None:
    socket.send(json.dumps(message))


def hear(socket: ClientConnection, seconds: float = 10) -> Message:
    message = json.loads(socket.recv(timeout=seconds))
    assert message["type"] in ("snapshot", "progress", "error"), message
    return message


def hear_until_end(socket: ClientConnection, task_id: str, seconds: float = 120) -> list[tuple[float, Message]]:
    """All messages of an import up to its last state, each with the time it came."""
    heard: list[tuple[float, Message]] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        message = hear(socket, seconds=end - time.monotonic())
        assert message["type"] != "error", message
        if message["import"]["task_id"] != task_id:
            continue
        heard.append((time.monotonic(), message))
        if message["import"]["status"] in TERMINAL:
            return heard
    raise AssertionError(f"no end within {seconds} s; last: {heard[-1:]}")


def states_in_order(messages: list[Message]) -> list[str]:
    """The states that were seen, repetitions left out."""
    states: list[str] = []
    for message in messages:
        if not states or states[-1] != message["import"]["status"]:
            states.append(message["import"]["status"])
    return states


def test_a_token_that_is_offered_as_a_subprotocol_is_taken(shared_house: House) -> None:
    offers = ["chat", "sluice.token.first", "sluice.token.second"]
    with watching(shared_house, subprotocols=offers) as socket:
        assert socket.subprotocol == "sluice.token.first"
    with watching(shared_house, subprotocols=["chat"]) as socket:
        assert socket.subprotocol is None
    with watching(shared_house) as socket:
        assert socket.subprotocol is None


def test_every_state_is_seen_and_at_least_one_message_a_second(house: House, generated: Any) -> None:
    file = generated("sales-300k")
    with watching(house) as socket:
        say(socket, op="subscribe", all=True)
        task_id = house.api.submit(file)
        heard = hear_until_end(socket, task_id)
        settled = heard[-1][1]["import"]
        while not is_settled(settled):
            settled = hear(socket)["import"]

    messages = [message for _, message in heard]
    assert states_in_order(messages) == STATES
    running = [(at, message["import"]) for at, message in heard if message["import"]["status"] != "queued"]
    gaps = [later - earlier for (earlier, _), (later, _) in zip(running, running[1:])]
    print(f"{len(heard)} messages, longest gap {max(gaps):.2f} s")
    assert max(gaps) <= LONGEST_GAP_SECONDS, [
        (round(gap, 2), one["status"]) for gap, (_, one) in zip(gaps, running) if gap > LONGEST_GAP_SECONDS
    ]
    # At most ten a second, but for the changes of state.
    for start, _ in running:
        within = [one["status"] for at, one in running if start <= at < start + 1]
        assert len(within) <= 10 + len(set(within)) + 1, within

    # One epoch, numbers that grow, counts that never go back, and all said at the end.
    assert len({message["epoch"] for message in messages}) == 1
    numbers = [message["seq"] for message in messages]
    assert numbers == sorted(set(numbers))
    read = [one["rows_read"] for _, one in running]
    assert read == sorted(read)
    last = messages[-1]["import"]
    assert last["rows_inserted"] == last["rows_read"] == 300_000
    check_conserved(last)
    assert settled == house.api.object(task_id)
    assert {**settled, "profile": last["profile"]} == last


def test_rows_move_while_the_merge_works(house: House, generated: Any) -> None:
    # A table that is not empty: rows go in beside its indexes, which takes longer than from one look to the next.
    house.api.load(ROOT / "Fixtures/sales-tiny.csv")
    with watching(house) as socket:
        say(socket, op="subscribe", all=True)
        heard = hear_until_end(socket, house.api.submit(generated("sales-300k")))

    loading = [message["import"] for _, message in heard if message["import"]["status"] == "loading"]
    merged = {one["rows_inserted"] + one["rows_updated"] + one["rows_unchanged"] for one in loading}
    assert len(merged) >= 3, merged


def test_a_snapshot_comes_first(house: House, generated: Any) -> None:
    done = house.api.settle(house.api.submit(generated("sales-10k")))
    with watching(house) as socket:
        say(socket, op="subscribe", imports=[done["task_id"]])
        first = hear(socket)

    assert first["type"] == "snapshot"
    assert first["import"] == done
    assert isinstance(first["epoch"], str) and isinstance(first["seq"], int)


def test_two_clients_hear_the_same_end(house: House, generated: Any) -> None:
    ends: list[Message] = []

    def watch(socket: ClientConnection, task_id: str) -> None:
        ends.append(hear_until_end(socket, task_id)[-1][1]["import"])

    with watching(house) as one, watching(house) as other:
        for socket in (one, other):
            say(socket, op="subscribe", all=True)
        task_id = house.api.submit(generated("sales-10k"))
        threads = [threading.Thread(target=watch, args=(socket, task_id)) for socket in (one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

    assert len(ends) == 2 and ends[0] == ends[1]


def test_after_unsubscribing_nothing_more_comes(make_house: HouseMaker, generated: Any) -> None:
    house = make_house("--no-worker")
    task_id = house.api.submit(generated("sales-10k"))
    with watching(house) as leaving, watching(house) as staying:
        for socket in (leaving, staying):
            say(socket, op="subscribe", imports=[task_id])
            assert hear(socket)["import"]["status"] == "queued"
        say(leaving, op="unsubscribe", imports=[task_id])
        # An error answers the bad message behind it: then the first one has been obeyed.
        say(leaving, op="nonsense")
        while (told := hear(leaving))["type"] != "error":
            # The notice of the submission itself, from before.
            assert told["import"]["status"] == "queued"

        assert house.api.call("DELETE", f"/imports/{task_id}").status_code == 200
        assert hear_until_end(staying, task_id)[-1][1]["import"]["status"] == "cancelled"

        say(leaving, op="nonsense")
        assert hear(leaving)["type"] == "error"


@pytest.mark.parametrize(
    "text",
    [
        '{"op": "nonsense"}',
        '{"imports": []}',
        "no JSON",
        "[]",
        '{"op": "subscribe"}',
        '{"op": "subscribe", "imports": "all of them"}',
        '{"op": "subscribe", "imports": ["no id"]}',
    ],
)
def test_a_bad_message_is_answered_and_the_connection_stays(shared_house: House, text: str) -> None:
    with watching(shared_house) as socket:
        for _ in range(2):
            socket.send(text)
            answer = hear(socket)
            assert answer["type"] == "error", answer
            assert answer["code"] and answer["message"]


def test_who_returns_hears_only_what_is_new(house: House, generated: Any) -> None:
    old = house.api.settle(house.api.submit(generated("sales-10k")))["task_id"]
    with watching(house) as socket:
        say(socket, op="subscribe", imports=[old])
        seen = hear(socket)
    place = {"epoch": seen["epoch"], "seq": seen["seq"]}

    with watching(house) as socket:
        say(socket, op="subscribe", imports=[old], since=place)
        say(socket, op="nonsense")
        assert hear(socket)["type"] == "error", "the state that it knows is told again"
        say(socket, op="subscribe", all=True, since=place)
        task_id = house.api.submit(generated("sales-10k"), force="true")
        heard = [message for _, message in hear_until_end(socket, task_id)]
    assert states_in_order(heard) == STATES
    assert all(message["seq"] > place["seq"] for message in heard)
    assert {message["epoch"] for message in heard} == {place["epoch"]}


def test_who_returns_to_another_life_of_the_server_hears_all(house: House, generated: Any) -> None:
    task_id = house.api.load(generated("sales-10k"))["task_id"]
    with watching(house) as socket:
        say(socket, op="subscribe", imports=[task_id])
        before = hear(socket)
    house.server.stop()
    house.server.start()

    with watching(house) as socket:
        say(socket, op="subscribe", imports=[task_id], since={"epoch": before["epoch"], "seq": before["seq"]})
        after = hear(socket)
    assert after["type"] == "snapshot"
    assert after["epoch"] != before["epoch"]
    assert after["import"]["status"] == "done"


def test_a_frame_over_64_kib_closes_with_1009(shared_house: House) -> None:
    with watching(shared_house) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            socket.send("x" * (64 * 1024 + 1))
            socket.recv(timeout=10)
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009


def test_a_binary_frame_closes_with_1003(shared_house: House) -> None:
    with watching(shared_house) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            socket.send(b"\x00\x01")
            socket.recv(timeout=10)
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1003


def test_a_page_of_another_origin_is_refused(shared_house: House) -> None:
    with pytest.raises(InvalidStatus) as refused:
        with watching(shared_house, origin="https://elsewhere.example"):
            pass
    assert refused.value.response.status_code == 403
    with watching(shared_house, origin=shared_house.server.url):
        pass


def test_the_socket_is_closed_in_order_when_the_server_ends(house: House) -> None:
    with watching(house) as socket:
        say(socket, op="nonsense")
        assert hear(socket)["type"] == "error"
        house.server.stop()
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=10)
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1001
    house.server.start()

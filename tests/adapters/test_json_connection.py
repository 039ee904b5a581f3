"""A connection to AWS reads answers as Python's `http.client` does, however they arrive, and takes no broken one."""

from __future__ import annotations

import http.client
import socket
import threading
from contextlib import closing
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smarther.aws.json_connection import Address, BrokenAnswerError, JsonAnswer, JsonConnection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

WAIT_SECONDS = 5.0
BODY = b'{"TableName":"t"}'


def answered(parts: Iterable[bytes], read: Callable[[socket.socket], JsonAnswer]) -> JsonAnswer | None:
    """What is read of an answer that arrives in these parts, before the service closes; None if it is not taken."""
    here, there = socket.socketpair()
    with closing(here), closing(there):
        here.settimeout(WAIT_SECONDS)
        sender = threading.Thread(target=send, args=(there, list(parts)))
        sender.start()
        try:
            return read(here)
        except (BrokenAnswerError, http.client.HTTPException):
            return None
        finally:
            sender.join()


def send(there: socket.socket, parts: list[bytes]) -> None:
    for part in parts:
        there.sendall(part)
    there.shutdown(socket.SHUT_WR)


def ours(connected: socket.socket) -> JsonAnswer:
    connection = JsonConnection(connected)
    try:
        return connection.post({}, b"")
    finally:
        connection.close()


def theirs(connected: socket.socket) -> JsonAnswer:
    with closing(http.client.HTTPResponse(connected, method="POST")) as answer:
        answer.begin()
        return JsonAnswer(answer.status, answer.read())


def lines(*each: bytes) -> bytes:
    return b"".join(line + b"\r\n" for line in each)


NAMES = st.sampled_from([b"Server", b"x-amzn-RequestId", b"X-Amz-Crc32", b"Connection", b"Content-Type"])
VALUES = st.sampled_from([b"", b"Server", b"keep-alive", b"close", b"a: b", b"application/x-amz-json-1.0"])


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """An answer: status, fields, and the content by its length, in chunks, or up to the end."""
    content = draw(st.binary(max_size=300))
    fields = [name + draw(st.sampled_from([b":", b": ", b":  "])) + draw(VALUES) for name in draw(st.lists(NAMES))]
    match draw(st.sampled_from(["length", "chunks", "end"])):
        case "length":
            fields.insert(
                0, draw(st.sampled_from([b"Content-Length: ", b"content-length:"])) + str(len(content)).encode()
            )
            sent = content
        case "chunks":
            fields.append(b"Transfer-Encoding: chunked")
            size = draw(st.integers(1, 200))
            sent = b"".join(
                lines(f"{len(part):X}".encode() + draw(st.sampled_from([b"", b";a=b"])), part)
                for part in (content[at : at + size] for at in range(0, len(content), size))
            ) + lines(b"0", *draw(st.sampled_from([(), (b"X-After: 1",)])), b"")
        case _:
            sent = content
    status = draw(st.sampled_from([b"200 OK", b"200 ", b"400 Bad Request", b"503"]))
    before = draw(st.sampled_from([b"", lines(b"HTTP/1.1 100 Continue", b"")]))
    return before + lines(draw(st.sampled_from([b"HTTP/1.1 ", b"HTTP/1.0 "])) + status, *fields, b"") + sent


def pieces(whole: bytes, cuts: Iterable[int]) -> list[bytes]:
    at = sorted({0, *(cut % (len(whole) + 1) for cut in cuts), len(whole)})
    return [whole[start:end] for start, end in pairwise(at)]


@given(answers(), st.lists(st.integers(0, 10_000), max_size=5))
@example(lines(b"HTTP/1.1 200 OK", b"Content-Length: 2", b"Content-Length: 3", b"") + b"{}x", [])
def test_an_answer_is_what_the_standard_library_reads(whole: bytes, cuts: list[int]) -> None:
    assert answered(pieces(whole, cuts), ours) == answered([whole], theirs)


@given(answers(), st.integers(0, 10_000))
@example(lines(b"HTTP/1.1 200 OK", b"Content-Length: 2", b"") + b"{}", 39)
def test_an_answer_that_is_cut_off_is_taken_by_neither(whole: bytes, cut: int) -> None:
    part = whole[: cut % (len(whole) + 1)]
    read = answered([part], ours)
    assert read == answered([part], theirs) or read is None


@pytest.mark.parametrize(
    "whole",
    [
        b"",
        b"\r\n",
        lines(b"SSH-2.0-x"),
        lines(b"HTTP/2 200 OK", b"Content-Length: 0", b""),
        lines(b"HTTP/1.1 2000 OK", b"Content-Length: 0", b""),
        lines(b"HTTP/1.1 20", b"Content-Length: 0", b""),
        lines(b"HTTP/1.1 200 OK", b"Content-Length: -1", b""),
        lines(b"HTTP/1.1 200 OK", b"Content-Length: 1e2", b""),
        lines(b"HTTP/1.1 200 OK", b"Content-Length: " + b"9" * 5000, b""),
        lines(b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", b"", b"-1", b""),
        lines(b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", b"", b"", b""),
        lines(b"HTTP/1.1 200 OK", *[b"a: b"] * 101, b""),
        lines(b"HTTP/1.1 200 OK", b"a: " + b"b" * 70_000, b""),
    ],
    ids=range(13),
)
def test_what_is_no_answer_is_refused(whole: bytes) -> None:
    assert answered([whole], ours) is None


@pytest.mark.parametrize(
    ("head", "reusable"),
    [
        (lines(b"HTTP/1.1 200 OK", b"Content-Length: 0", b""), True),
        (lines(b"HTTP/1.1 200 OK", b"Connection: keep-alive", b"Content-Length: 0", b""), True),
        (lines(b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", b"", b"0", b""), True),
        (lines(b"HTTP/1.1 200 OK", b"connection:  x, Close", b"Content-Length: 0", b""), False),
        (lines(b"HTTP/1.0 200 OK", b"Content-Length: 0", b""), False),
        (lines(b"HTTP/1.1 200 OK", b""), False),
    ],
)
def test_it_is_used_again_unless_the_service_closes_it(head: bytes, reusable: bool) -> None:  # noqa: FBT001 - a parameter
    def read(connected: socket.socket) -> JsonAnswer:
        connection = JsonConnection(connected)
        answer = connection.post({}, b"")
        assert connection.reusable is reusable
        connection.close()
        return answer

    assert answered([head], read) == JsonAnswer(200, b"")


@pytest.mark.parametrize(
    "first",
    [
        lines(b"HTTP/1.1 200 OK", b"Content-Length: 2", b"") + b"{}",
        lines(b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", b"", b"2", b"{}", b"0", b""),
        lines(
            b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", b"", b"2", b"{}", b"0", b"X-After: 1", b"X-More: 2", b""
        ),
    ],
    ids=["by its length", "in chunks", "fields follow the last chunk"],
)
def test_the_next_answer_begins_where_the_last_one_ends(first: bytes) -> None:
    def read_both(connected: socket.socket) -> JsonAnswer:
        connection = JsonConnection(connected)
        assert connection.post({}, b"") == JsonAnswer(200, b"{}")
        return connection.post({}, b"")

    second = lines(b"HTTP/1.1 400 Bad Request", b"Content-Length: 0", b"")
    assert answered([first + second], read_both) == JsonAnswer(400, b"")


def test_a_request_is_one_that_servers_understand() -> None:
    here, there = socket.socketpair()
    with closing(here), closing(there):
        there.sendall(lines(b"HTTP/1.1 200 OK", b"Content-Length: 0", b""))
        JsonConnection(here).post({"Host": "h:1", "X-Amz-Target": "a.B"}, BODY)
        here.close()
        head, _, body = there.makefile("rb").read().partition(b"\r\n\r\n")
    first, *fields = head.split(b"\r\n")
    assert first == b"POST / HTTP/1.1"
    assert set(fields) == {
        b"Host: h:1",
        b"X-Amz-Target: a.B",
        b"Accept-Encoding: identity",
        b"Content-Length: %d" % len(BODY),
    }
    assert body == BODY


@pytest.mark.parametrize(
    ("address", "authority"),
    [(Address(secure=True, host="h"), "h"), (Address(secure=False, host="h", port=8), "h:8")],
)
def test_the_host_is_named_with_the_port_that_was_given(address: Address, authority: str) -> None:
    assert address.authority == authority

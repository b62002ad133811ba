"""Events out of bytes: however they are cut, and whatever they are."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from client_asking import ASKED
from httpx2 import AsyncByteStream, Request, Response
from hypothesis import given
from hypothesis import strategies as st
from openai import APIStatusError
from openai._streaming import SSEDecoder

from bot.generate.client import trouble
from bot.generate.client.answer import Limits, _texts
from bot.generate.client.sse import Decoder, TooLongError
from bot.generate.client.trouble import Trouble

_LINE = st.sampled_from(
    [b"data: ", b"data:", b"data", b"event: x", b": a comment", b"id: 1", b"retry: 5", b""]
).flatmap(lambda field: st.text("あa: {}[]\"'\\", max_size=8).map(lambda t: field + t.encode()))
_STREAM = st.lists(st.tuples(_LINE, st.sampled_from([b"\n", b"\r\n", b"\n\n"])), max_size=12).map(
    lambda lines: b"".join(line + end for line, end in lines)
)


def _cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({place % (len(data) + 1) for place in places} | {len(data)})
    return [data[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]


@given(data=_STREAM, places=st.lists(st.integers(0, 500), max_size=10))
def test_events_are_the_same_however_the_bytes_are_cut(data: bytes, places: list[int]) -> None:
    whole, cut = Decoder(), Decoder()
    events = [event for part in _cut(data, places) for event in cut.feed(part)]
    assert events == whole.feed(data)


@given(data=_STREAM)
def test_events_are_those_that_openais_own_decoder_finds(data: bytes) -> None:
    """It also reports events without data, which say nothing here."""
    theirs = [event.data.encode() for event in SSEDecoder().iter_bytes(iter([data]))]
    assert [one for one in Decoder().feed(data) if one] == [one for one in theirs if one]


@pytest.mark.parametrize("garbage", [b"x" * 65_536, b"data: " + b"x" * 65_536, b"data: x\n" * 9000])
def test_an_event_without_an_end_is_given_up(garbage: bytes) -> None:
    decoder = Decoder()

    def feed() -> None:
        for _ in range(40):
            decoder.feed(garbage)

    with pytest.raises(TooLongError):
        feed()


class _Bytes(AsyncByteStream):
    def __init__(self, parts: list[bytes]) -> None:
        self._parts = parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            yield part


def _read(parts: list[bytes]) -> list[tuple[str, str | None]]:
    """Return what is read of a response; raises `Trouble` as the client would."""

    async def read() -> list[tuple[str, str | None]]:
        now = asyncio.get_running_loop().time()
        response = Response(200, stream=_Bytes(parts))
        try:
            return [text async for text in _texts(response, now, Limits(5, now + 5))]
        except Exception as error:
            raise trouble.of(error) from error

    return asyncio.run(read())


def _event(text: object, finish: object = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return f"data: {json.dumps({'choices': [choice]}, ensure_ascii=False)}\n\n".encode()


@given(texts=st.lists(st.text(max_size=5), max_size=8), places=st.lists(st.integers(0, 2000)))
def test_a_text_comes_through_whole_however_it_is_cut(texts: list[str], places: list[int]) -> None:
    data = b"".join(map(_event, texts)) + _event("。", "stop") + b"data: [DONE]\n\n"
    got = _read(_cut(data, places))
    assert "".join(text for text, _ in got) == "".join(texts) + "。"
    assert [finish for _, finish in got if finish] == ["stop"]
    assert got[-1][1] == "stop"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "delta", "content", "text", "finish_reason", "error", "code"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(events=st.lists(_JSON, max_size=4))
def test_whatever_json_comes_it_is_read_or_refused(events: list[object]) -> None:
    """An answer without a well-formed end is never taken for a whole one."""
    data = b"".join(f"data: {json.dumps(event)}\n\n".encode() for event in events)
    try:
        got = _read([data])
    except Trouble as error:
        assert error.kind in {"away", "refused"}  # noqa: PT017
        assert "can not be read" not in error.reason  # noqa: PT017 - that would be a fault of ours
    else:
        assert got[-1][1] in {"stop", "length"}


@given(data=st.binary(max_size=200), good=st.booleans(), places=st.lists(st.integers(0, 300)))
def test_whatever_bytes_come_they_are_read_or_refused(
    data: bytes, good: bool, places: list[int]
) -> None:
    before = _event("あ") if good else b""
    try:
        got = _read(_cut(before + b"data: " + data + b"\n\n", places))
    except Trouble as error:
        assert error.kind == "away"  # noqa: PT017
        assert "can not be read" not in error.reason  # noqa: PT017
    else:
        assert got[-1][1]


@pytest.mark.parametrize(
    ("said", "finish"),
    [
        ("stop", "stop"),
        ("eos", "stop"),
        ("tool_calls", "stop"),
        ("length", "length"),
        ("repetition", "length"),
    ],
)
def test_an_end_is_natural_or_not(said: str, finish: str) -> None:
    assert _read([_event("あ", said)]) == [("あ", finish)]


@pytest.mark.parametrize("said", ["abort", "error", 5, {}, "content_filter"])
def test_what_the_server_broke_off_itself_is_not_whole(said: object) -> None:
    with pytest.raises(Trouble):
        _read([_event("あ", said)])


def test_an_event_that_only_counts_tokens_says_nothing() -> None:
    usage = b'data: {"choices": [], "usage": {"total_tokens": 9}}\n\n'
    assert _read([usage + _event("あ"), usage, _event("い", "stop")]) == [
        ("あ", None),
        ("い", "stop"),
    ]


# What is told of it


@given(body=_JSON, status=st.sampled_from([302, 400, 401, 404, 409, 418, 422, 429, 500, 503]))
def test_whatever_an_error_says_it_is_told_in_a_line(body: object, status: int) -> None:
    request = Request("POST", "http://worker.example/v1/completions")
    response = Response(status, json=body, request=request)
    error = trouble.of(APIStatusError("no", response=response, body=body))
    assert error.reason.isprintable()
    assert "can not be read" not in error.reason
    assert len(error.reason) < 500


@given(
    words=st.text("あいうえお漢字かな", min_size=6, max_size=30), before=st.text("abc ", max_size=9)
)
def test_no_reason_repeats_a_word_of_a_prompt(words: str, before: str) -> None:
    assert trouble.discreet(f"{before}{words}", f"質問「{words}」") == f"{before}…"


def test_a_servers_own_words_stay_even_where_a_prompt_has_a_few_of_them() -> None:
    reason = "status 500: the model is overloaded"
    assert trouble.discreet(reason, "Which of the models is overloaded?") == reason
    assert trouble.discreet(reason, ASKED) == reason


@given(st.text(max_size=2000))
def test_a_reason_is_one_short_line(said: str) -> None:
    line = trouble.short(said)
    assert len(line) <= 240
    assert line.isprintable()


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("2", 2, 2),
        ("0.5", 0.5, 0.5),
        ("-3", 0, 0),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 1e9, 1e10),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0, 0),
    ],
)
def test_a_busy_worker_says_how_long_in_either_form(header: str, low: float, high: float) -> None:
    waited = trouble.retry_after(header)
    assert waited is not None
    assert low <= waited <= high


@pytest.mark.parametrize("header", ["", "soon", "nan", "inf", "1e999", "99999999999999999999 GMT"])
def test_what_can_not_be_read_says_nothing(header: str) -> None:
    assert trouble.retry_after(header) is None

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from events_app.kit.errors import Invalid, Refusal
from events_app.kit.http.body import decoded, without_half_pairs


class Row(Struct, forbid_unknown_fields=True):
    places: int = 1
    answers: dict[str, str | list[str]] = {}


class Form(Struct, forbid_unknown_fields=True):
    title: str
    open: bool = False
    rows: list[Row] = []


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ('{"title": "a", "open": 1}', "/open", "invalid"),
        ('{"title": "a", "open": "true"}', "/open", "invalid"),
        ('{"title": 5}', "/title", "invalid"),
        ('{"title": "a", "rows": [{}, {"places": "2"}]}', "/rows/1/places", "invalid"),
        ('{"title": "a", "rows": [{"answers": {"diet": [{}]}}]}', "/rows/0/answers", "invalid"),
        ('{"title": "a", "rows": [{"x": 1}]}', "/rows/0/x", "unknown_field"),
        ('{"title": "a", "a/b~c`d": 1}', "/a~1b~0c`d", "unknown_field"),
        ("{}", "/title", "required"),
        ("[]", "", "invalid"),
        ("null", "", "invalid"),
    ],
)
def test_body_of_another_shape_is_refused_at_its_field(body: str, field: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        decoded(body.encode(), Form)
    assert [(error.field, error.code) for error in refused.value.errors] == [(field, code)]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"title": "\xff"}', b'{"title": "\\ud800"}', b"\xef\xbb\xbf{}"],
)
def test_body_that_is_no_json_is_refused_as_a_whole(body: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        decoded(body, Form)
    assert not refused.value.errors


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"title":' * 100_000, b'{"x":' + b"[" * 100_000])
def test_body_nested_without_end_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal):
        decoded(body, Form)
    with pytest.raises(Invalid):
        decoded(body, object)


@given(st.text())
def test_text_of_characters_stays_as_it_is(text: str) -> None:
    for body in (json.dumps(text), json.dumps(text, ensure_ascii=False)):
        assert json.loads(without_half_pairs(body.encode())) == text


@given(st.text(st.characters(exclude_categories=()) | st.sampled_from('\\"u\ud800\udc00')))
def test_text_with_halves_of_pairs_can_be_read(text: str) -> None:
    assert isinstance(decoded(without_half_pairs(json.dumps(text).encode()), str), str)


def test_half_pair_becomes_the_replacement_character() -> None:
    assert without_half_pairs(rb'"\ud800 \\ud800 \ud83d\ude00 \uDC00"') == rb'"\ufffd \\ud800 \ud83d\ude00 \ufffd"'

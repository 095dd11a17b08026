from __future__ import annotations

import re
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events_app.kit.tokens import digest, link_id, link_matches, link_token, new_token

SECRET = b"a secret of the tests"
ID = UUID(int=7)


def test_link_token_can_be_made_again() -> None:
    assert link_token(SECRET, "manage", ID, 0) == link_token(SECRET, "manage", ID, 0)


@pytest.mark.parametrize(
    ("secret", "kind", "id_", "generation"),
    [
        (b"another", "manage", ID, 0),
        (SECRET, "ticket", ID, 0),
        (SECRET, "manage", UUID(int=8), 0),
        (SECRET, "manage", ID, 1),
        (SECRET, "manage1", ID, 0),
    ],
)
def test_link_token_of_anything_else_differs(secret: bytes, kind: str, id_: UUID, generation: int) -> None:
    token = link_token(secret, kind, id_, generation)
    assert token != link_token(SECRET, "manage", ID, 0)
    assert not link_matches(token, SECRET, "manage", ID, 0)


@given(st.uuids(), st.integers(0, 2**31))
def test_link_token_names_its_id_and_proves_it(id_: UUID, generation: int) -> None:
    token = link_token(SECRET, "ticket", id_, generation)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    assert link_id(token) == id_
    assert link_matches(token, SECRET, "ticket", id_, generation)


@given(st.text())
def test_link_id_survives_any_text(text: str) -> None:
    found = link_id(text)
    assert found is None or not link_matches(text, SECRET, "ticket", found, 0)


@given(st.integers(0, 42), st.sampled_from("ABCxyz019_-"))
def test_link_token_with_one_other_character_is_no_proof(place: int, character: str) -> None:
    token = link_token(SECRET, "ticket", ID, 0)
    forged = token[:place] + character + token[place + 1 :]
    assert forged == token or not link_matches(forged, SECRET, "ticket", ID, 0)


def test_random_tokens_differ_and_say_what_they_are_for() -> None:
    tokens = {new_token("cta") for _ in range(100)}
    assert len(tokens) == 100
    assert all(re.fullmatch(r"cta_[A-Za-z0-9_-]{43}", token) for token in tokens)


def test_digest_does_not_show_the_token() -> None:
    token = new_token("cta")
    assert re.fullmatch(r"[0-9a-f]{64}", digest(token))
    assert digest(token) == digest(token) != digest(new_token("cta"))


def test_link_token_of_two_registrations_never_meets() -> None:
    assert len({link_token(SECRET, "manage", uuid4(), 0) for _ in range(100)}) == 100

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events_app.kit import forms
from events_app.kit.errors import FieldError
from events_app.kit.forms import Form, Labels

NAMES = st.lists(st.sampled_from(["a", "b", "themes", "0", "1", "7", "x" * 9, "9" * 5000, ""]), min_size=1, max_size=9)


def test_names_are_paths_and_numbers_are_rows_without_gaps() -> None:
    form = forms.read([("a.b", "1"), ("rows.7.x", "late"), ("rows.2.x", "early"), ("rows.2.y.z", "deep")])
    assert form.values == {"a": {"b": "1"}, "rows": [{"x": "early", "y": {"z": "deep"}}, {"x": "late"}]}


def test_fields_that_come_more_than_once_are_lists() -> None:
    form = forms.read([("t.themes", "a"), ("t.themes", "b"), ("t.one", "a"), ("t.one", "b")], several=("themes",))
    assert form.texts("t", "themes") == ["a", "b"]
    assert form.text("t", "one") == "b"


def test_a_field_that_comes_more_than_once_is_known_by_the_end_of_its_name() -> None:
    pairs = [("answers.email", "a"), ("email", "x"), ("rows.0.answers.email", "b"), ("rows.0.email", "y")]
    form = forms.read(pairs, several=("answers.email",))
    assert form.values == {
        "answers": {"email": ["a"]},
        "email": "x",
        "rows": [{"answers": {"email": ["b"]}, "email": "y"}],
    }


@pytest.mark.parametrize("path", [("none",), ("a", "b", "c"), ("rows", 5, "x"), ("rows", "x"), ("a",)])
def test_text_of_a_field_that_is_not_there_is_empty(path: tuple[str | int, ...]) -> None:
    form = forms.read([("a.b", "1"), ("rows.0.x", "y")])
    assert form.text(*path) == ""


def test_uploads_and_control_characters_are_left_out() -> None:
    form = forms.read([("file", object()), ("name", "A\x00")])
    assert form.values == {"name": "A"}


def test_rows_are_added_and_removed() -> None:
    form = forms.read([("rows.0.x", "a"), ("rows.1.x", "b")])
    forms.add_row(form, "rows")
    forms.remove_row(form, "rows.0")
    forms.remove_row(form, "rows.99")
    forms.remove_row(form, "rows.x")
    assert form.rows("rows") == [{"x": "b"}, {}]
    forms.add_row(form, "inner.list")
    assert form.rows("inner", "list") == [{}]


@given(st.lists(st.tuples(NAMES.map(".".join), st.text()), max_size=12))
def test_forged_names_break_nothing(pairs: list[tuple[str, str]]) -> None:
    form = forms.read(pairs, several=("themes",))
    assert isinstance(form.values, dict)
    for path in (("a",), ("a", "b"), ("a", 0, "b"), ("0", 1)):
        assert isinstance(form.text(*path), str)
        assert all(isinstance(row, dict) for row in form.rows(*path))
        assert isinstance(form.part(*path), dict)
    for name in ("a", "a.b", "a.0", "themes.b", ""):
        forms.add_row(form, name)
        forms.remove_row(form, name)


def shown(*pointers: str) -> list[tuple[str, str]]:
    labels = Labels({"/title": "Title", "title": "Link"}, {"agenda": "Item"})
    errors = [FieldError(pointer, "required", "Please fill this in.") for pointer in pointers]
    return [(error.field, error.message) for error in forms.shown(errors, "en", labels)]


def test_errors_say_which_field_they_mean() -> None:
    assert shown("/title", "/agenda/1/title", "/other") == [
        ("/title", "Title: Please fill this in."),
        ("/agenda/1/title", "Item 2, Link: Please fill this in."),
        ("/other", "Please fill this in."),
    ]


def test_fields_with_names_of_their_own_are_called_by_these() -> None:
    labels = Labels({"title": "Title"}, {"people": "Person"}, {"answers": {"title": "Which title?"}})
    assert labels.place_of("/people/0/answers/title", "en") == "Person 1, Which title?"
    assert labels.place_of("/people/0/title", "en") == "Person 1, Title"


def test_each_field_is_shown_once() -> None:
    assert len(shown("/title", "/title")) == 1


def test_by_field_is_none_where_nothing_is_wrong() -> None:
    error = forms.ShownError("/a", "Wrong.", "")
    wrong: Any = forms.by_field([error])
    assert (wrong["/a"], wrong["/b"]) == ("Wrong.", None)


def test_wrong_notes_an_error() -> None:
    form = Form({})
    form.wrong("/a", "invalid", "Please enter a whole number.")
    assert form.errors == [FieldError("/a", "invalid", "Please enter a whole number.")]

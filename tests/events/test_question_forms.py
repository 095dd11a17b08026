"""Questions in the desk's event form: order, keys, conditions, texts in another language, errors at their fields."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events_app.events import question_forms, questions
from events_app.events.queries import by_slug
from events_app.events.schemas import Question, QuestionText, ShowIf
from events_app.kit.forms import Form
from tests.events.test_desk import entry, log_in
from tests.factories import make_event

DIET = Question("diet", "Kost?", "choice", ["vegan", "alles"])


def wrong(*entered: Question) -> list[tuple[str, str]]:
    tidy = [questions.tidied(question) for question in entered]
    return [(error.field, error.code) for error in questions.problems(tidy)]


def translated(**text: object) -> Question:
    return Question("diet", "Kost?", "choice", ["vegan", "alles"], translations={"en": QuestionText(**text)})


@pytest.mark.parametrize(
    ("entered", "found"),
    [
        ([translated(options=["vegan", "anything"])], []),
        ([translated(label=" ", options=["", " "])], []),
        ([translated(options=["vegan"])], [("/questions/0/translations/en/options", "not_all")]),
        ([translated(label="x" * 201)], [("/questions/0/translations/en/label", "too_long")]),
        ([translated(help="x" * 501)], [("/questions/0/translations/en/help", "too_long")]),
        ([Question("a", "?", help="x" * 501)], [("/questions/0/help", "too_long")]),
        ([Question("a", "?", "choice", ["x", " x"])], [("/questions/0/options", "twice")]),
        ([DIET, Question("a", "?", show_if=ShowIf("diet", "vegan"))], []),
        (
            [DIET, Question("a", "?", show_if=ShowIf("diet", "Fleisch"))],
            [("/questions/1/show_if/equals", "invalid_condition")],
        ),
        (
            [DIET, Question("a", "?", show_if=ShowIf("diet", ""))],
            [("/questions/1/show_if/equals", "invalid_condition")],
        ),
        (
            [DIET, Question("a", "?", per="registration", show_if=ShowIf("diet", "vegan"))],
            [("/questions/1/show_if/key", "invalid_condition")],
        ),
        ([Question("a", "?", show_if=ShowIf("a", "x"))], [("/questions/0/show_if/key", "unknown_key")]),
        (
            [Question("n", "?", "yes_no"), Question("a", "?", show_if=ShowIf("n", "ja"))],
            [("/questions/1/show_if/equals", "invalid_condition")],
        ),
    ],
)
def test_wrong_question_is_named_at_its_field(entered: list[Question], found: list[tuple[str, str]]) -> None:
    assert wrong(*entered) == found


def test_rows_keep_their_keys_wherever_they_are_moved() -> None:
    form = Form(
        {
            "questions": [
                {"key": "a", "label": "Eins", "place": "2"},
                {"label": "Zwei", "place": "0"},
                {"key": "c", "label": "Drei"},
            ]
        }
    )
    assert [question.key for question in question_forms.read(form)] == ["zwei", "a", "c"]
    question_forms.move(form, "questions.1.up")
    assert [row["key"] for row in form.rows("questions")] == ["a", "zwei", "c"]
    for nowhere in ("questions.0.up", "questions.2.down", "questions.9.up", "questions.x.up", "questions"):
        question_forms.move(form, nowhere)
    assert [row["place"] for row in form.rows("questions")] == ["0", "1", "2"]


@given(moves=st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["up", "down"]))))
def test_moving_loses_no_row(moves: list[tuple[int, str]]) -> None:
    form = Form({"questions": [{"key": key, "label": key} for key in "abcde"]})
    for index, way in moves:
        question_forms.move(form, f"questions.{index}.{way}")
    assert sorted(row["key"] for row in form.rows("questions")) == list("abcde")
    assert [question.key for question in question_forms.read(form)] == [row["key"] for row in form.rows("questions")]


def sent(**fields: str) -> dict[str, str]:
    two = {
        "questions__0__key": "stand",
        "questions__0__label": "Stand?",
        "questions__0__type": "yes_no",
        "questions__0__per": "registration",
        "questions__1__label": "Wie groß?",
        "questions__1__type": "choice",
        "questions__1__options": "S\nL",
        "questions__1__per": "attendee",
        "questions__1__show_if__key": "stand",
        "questions__1__show_if__equals": "ja",
        "questions__1__translations__en__label": "How big?",
        "questions__1__translations__en__options": "small\nlarge",
        "questions__1__sensitive": "yes",
        "questions__1__help": "Für das Hemd",
    }
    return entry(**{**two, **fields})


async def test_agent_saves_a_question_with_condition_and_english_text(client: httpx.AsyncClient) -> None:
    await log_in(client)
    saved = await client.post("/desk/events/new", data=sent())
    assert saved.status_code == 303
    event = await by_slug(saved.headers["location"].rpartition("/")[2].partition("?")[0])
    assert event is not None
    [_, big] = event.public.questions
    assert (big.key, big.show_if, big.help, big.sensitive) == ("wie_gross", ShowIf("stand", True), "Für das Hemd", True)
    assert big.translations == {"en": QuestionText("How big?", "", ["small", "large"])}
    page = await client.get(f"/desk/events/{event.slug}/edit")
    assert '<option value="yes" selected>Ja</option>' in page.text
    assert "small\nlarge" in page.text


async def test_wrong_questions_come_back_with_everything_that_was_typed(client: httpx.AsyncClient) -> None:
    await log_in(client)
    fields = {"questions__1__show_if__equals": "vielleicht", "questions__1__translations__en__options": "small"}
    answer = await client.post("/desk/events/new", data=sent(**fields))
    assert answer.status_code == 400
    assert 'id="f-questions-1-show_if-equals-error"' in answer.text
    assert 'id="f-questions-1-translations-en-options-error"' in answer.text
    for typed in ("vielleicht", "small", "How big?", "Für das Hemd", "S\nL"):
        assert typed in answer.text


async def test_buttons_move_and_add_questions_without_javascript(client: httpx.AsyncClient) -> None:
    await log_in(client)
    moved = await client.post("/desk/events/new", data={**sent(), "move": "questions.1.up"})
    assert moved.status_code == 200
    assert 'name="questions.0.label" value="Wie groß?"' in moved.text
    added = await client.post("/desk/events/new", data={**sent(), "add": "questions"})
    assert 'name="questions.2.label"' in added.text
    assert '<option value="wie_gross">Wie groß?</option>' in added.text


async def test_event_with_old_questions_is_edited_without_a_change(client: httpx.AsyncClient) -> None:
    await log_in(client)
    event = await make_event(questions=[DIET, Question("a", "?", show_if=ShowIf("diet", "vegan"))])
    page = await client.get(f"/desk/events/{event.slug}/edit")
    assert '<option value="vegan" selected>vegan</option>' in page.text
    assert '<option value="diet" selected>Kost?</option>' in page.text

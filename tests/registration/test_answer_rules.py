"""Rules of questions: what is asked, what an answer may be, what an older answer still says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events_app.events import questions as event_rules
from events_app.events.questions import NOTHING
from events_app.events.schemas import Question, QuestionText, QuestionType, ShowIf
from events_app.kit.i18n import Language
from events_app.registration import answer_forms
from events_app.registration.rules import answers as rules
from events_app.registration.rules import wordings
from events_app.registration.rules.wordings import Answered, Earlier

STAND = Question("stand", "Bringen Sie etwas mit?", "yes_no", per="registration")
POWER = Question("power", "Strom?", "yes_no", True, "registration", show_if=ShowIf("stand", True))
HELPER = Question("helper", "Bauen Sie auf?", "yes_no", required=True, show_if=ShowIf("power", True))
SHIRT = Question("shirt", "Größe?", "choice", ["S", "L"], required=True, show_if=ShowIf("helper", True))
ALL = [STAND, POWER, HELPER, SHIRT]
OF_PEOPLE = [HELPER, SHIRT]


def keys(questions: list[Question]) -> list[str]:
    return [question.key for question in questions]


def test_chain_of_conditions_folds_up_across_registration_and_people() -> None:
    assert keys(rules.asked(ALL[:2], {"stand": True})) == ["stand", "power"]
    assert keys(rules.asked(OF_PEOPLE, {"helper": True}, {"stand": True, "power": True})) == ["helper", "shirt"]
    assert keys(rules.asked(OF_PEOPLE, {"helper": True}, {"stand": True, "power": False})) == []
    hidden = rules.kept({"stand": False, "power": True}, ALL[:2])
    assert hidden == {"stand": False}
    assert rules.asked(OF_PEOPLE, {"helper": True}, hidden) == []


def test_answer_to_what_is_not_asked_is_refused_and_an_empty_one_is_harmless() -> None:
    found = list(rules.answer_problems({"stand": False, "power": True}, ALL[:2], "/answers"))
    assert [(error.field, error.code) for error in found] == [("/answers/power", "not_asked")]
    assert list(rules.answer_problems({"stand": False, "power": None}, ALL[:2], "/answers")) == []


def test_several_choices_meet_a_condition_with_one_of_them() -> None:
    questions = [
        Question("days", "Tage?", "choices", ["Mo", "Di"]),
        Question("bed", "Bett?", show_if=ShowIf("days", "Di")),
    ]
    assert keys(rules.asked(questions, {"days": ["Mo", "Di"]})) == ["days", "bed"]
    assert keys(rules.asked(questions, {"days": ["Mo"]})) == ["days"]


ANSWERS: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.sampled_from(["", "a", "b", "c"]), st.integers(0, 2)
)
TYPES: st.SearchStrategy[QuestionType] = st.sampled_from(["choice", "yes_no", "number"])


@st.composite
def forms(draw: st.DrawFn) -> tuple[list[Question], dict[str, Any]]:
    """Up to six questions, each perhaps under a condition on an earlier one, and answers of any kind to some."""
    questions: list[Question] = []
    for number in range(draw(st.integers(1, 6))):
        condition = None
        if questions and draw(st.booleans()):
            asked = draw(st.sampled_from(questions))
            fitting = {"choice": ["a", "b"], "yes_no": [True, False], "number": [0, 1]}[asked.type]
            condition = ShowIf(asked.key, draw(st.sampled_from(fitting)))
        questions.append(Question(f"q{number}", "?", draw(TYPES), ["a", "b"], draw(st.booleans()), show_if=condition))
    return questions, draw(st.dictionaries(st.sampled_from(keys(questions)), ANSWERS))


@given(form=forms())
def test_a_question_is_asked_exactly_if_its_condition_and_all_above_it_hold(
    form: tuple[list[Question], dict[str, Any]],
) -> None:
    questions, answers = form
    by_key = {question.key: question for question in questions}

    def holds(question: Question) -> bool:
        condition = question.show_if
        return condition is None or (holds(by_key[condition.key]) and answers.get(condition.key) == condition.equals)

    assert rules.asked(questions, answers) == [question for question in questions if holds(question)]


@given(form=forms())
def test_what_a_form_keeps_is_wrong_only_where_something_asked_is_missing_or_unfit(
    form: tuple[list[Question], dict[str, Any]],
) -> None:
    questions, answers = form
    kept = rules.kept(answers, questions)
    asked = rules.asked(questions, answers)
    assert rules.asked(questions, kept) == asked
    assert set(kept) <= set(keys(asked))
    found = {error.field: error.code for error in rules.answer_problems(kept, questions, "")}
    missing = {f"/{q.key}" for q in asked if q.required and answers.get(q.key) in NOTHING}
    unfit = {f"/{q.key}" for q in asked if q.key in kept and not event_rules.fits(q, kept[q.key])}
    assert found == {**dict.fromkeys(missing, "required"), **dict.fromkeys(unfit, "invalid_answer")}
    still_open = {f"/{question.key}" for question in rules.open_questions(questions, kept)}
    assert still_open == missing | {at for at in unfit if next(q for q in asked if f"/{q.key}" == at).required}


@given(form=forms())
def test_whoever_corrects_may_leave_open_what_was_open_before(form: tuple[list[Question], dict[str, Any]]) -> None:
    questions, answers = form
    fitting = {k: a for k, a in rules.kept(answers, questions).items() if event_rules.fits(_named(questions, k), a)}
    before = {question.key for question in rules.open_questions(questions, fitting)}
    assert list(rules.answer_problems(rules.kept(fitting, questions), questions, "", may_stay_open=before)) == []


def _named(questions: list[Question], key: str) -> Question:
    return next(question for question in questions if question.key == key)


NUMBER, DAY, SEVERAL = (
    Question("n", "?", "number"),
    Question("d", "?", "date"),
    Question("s", "?", "choices", ["a", "b"]),
)


@pytest.mark.parametrize(
    ("text", "language", "answer"),
    [
        ("12,5", "de", 12.5),
        ("1.234,5", "de", 1234.5),
        ("1.234", "de", 1234),
        ("12.5", "de", 12.5),
        (" -3 ", "de", -3),
        ("12.5", "en", 12.5),
        ("1,234.5", "en", 1234.5),
        ("12,5", "en", 12.5),
        ("zwölf", "de", "zwölf"),
        ("1_000", "de", "1_000"),
        ("nan", "de", "nan"),
        ("1,2,3", "de", "1,2,3"),
        ("٣", "de", 3),
        ("1e9", "de", "1e9"),
    ],
)
def test_number_is_read_as_the_language_writes_it(text: str, language: Language, answer: object) -> None:
    assert answer_forms.read({"n": text}, [NUMBER], language) == {"n": answer}
    assert event_rules.fits(NUMBER, answer) is not isinstance(answer, str)


@given(
    number=st.one_of(st.integers(-(10**15), 10**15), st.floats(-1e6, 1e6).map(lambda x: round(x, 6))),
    language=st.sampled_from(["de", "en"]),
)
def test_stored_number_comes_through_the_form_unchanged(number: float, language: Language) -> None:
    assert answer_forms.read(answer_forms.typed([NUMBER], {"n": number}, language), [NUMBER], language)["n"] == number


@pytest.mark.parametrize(
    ("text", "answer", "is_day"),
    [
        ("2026-11-05", "2026-11-05", True),
        ("5.11.2026", "2026-11-05", True),
        ("05. 11. 2026", "2026-11-05", True),
        ("31.2.2026", "2026-02-31", False),
        ("5.11.26", "5.11.26", False),
        ("11/05/2026", "11/05/2026", False),
    ],
)
def test_date_may_be_typed_in_german(text: str, answer: str, *, is_day: bool) -> None:
    assert answer_forms.read({"d": text}, [DAY], "de") == {"d": answer}
    assert event_rules.fits(DAY, answer) is is_day


def test_form_keeps_every_choice_and_refuses_what_is_no_yes_or_no() -> None:
    assert answer_forms.read({"s": ["a", "b"]}, [SEVERAL], "de") == {"s": ["a", "b"]}
    said = answer_forms.read({"stand": "vielleicht"}, [STAND], "de")
    assert [error.code for error in rules.answer_problems(said, [STAND], "/answers")] == ["invalid_answer"]
    assert not event_rules.fits(SEVERAL, ["a", "a"])


def test_question_is_asked_and_told_in_the_readers_language_and_falls_back_part_by_part() -> None:
    whole = {"en": QuestionText("Lunch?", "", ["vegan", "anything"])}
    question = Question("diet", "Essen?", "choice", ["vegan", "alles"], help="Mittags", translations=whole)
    english = event_rules.words(question, "en")
    assert (english.label, english.help) == ("Lunch?", "Mittags")
    assert list(english.options) == [("vegan", "vegan"), ("alles", "anything")]
    assert event_rules.words(question, "de").label == "Essen?"
    assert answer_forms.told(question, "alles", "en") == "anything"
    assert answer_forms.told(question, "längst gestrichen", "en") == "längst gestrichen"
    assert answer_forms.told(STAND, True, "de") == "Ja"
    assert answer_forms.told(DAY, "2026-11-05", "de") == "5. November 2026"
    assert answer_forms.told(NUMBER, 1234.5, "de") == "1.234,5"


V1 = [Question("diet", "Essen?", "choice", ["vegan", "alles"]), Question("bus", "Bus?", "yes_no")]
V2 = [
    Question("diet", "Was essen Sie?", "choice", ["vegan", "Fleisch"]),
    Question("train", "Bahn?", "yes_no", required=True),
]


def test_answers_keep_their_wording_and_say_when_it_is_an_earlier_one() -> None:
    said = Answered({"diet": "vegan", "bus": True}, 1)
    found = wordings.read(said, {1: V1, 2: V2}, 2)
    assert [(one.question.label, one.answer, one.is_earlier) for one in found] == [
        ("Essen?", "vegan", True),
        ("Bus?", True, True),
    ]
    same = [Question("diet", "Womit machen wir Sie satt?", "choice", ["vegan", "alles"])]
    [better] = wordings.read(Answered({"diet": "vegan"}, 1), {1: V1, 2: same}, 2)
    assert (better.question.label, better.is_earlier) == ("Essen?", False)


def test_edit_moves_what_has_no_place_any_more_and_loses_nothing() -> None:
    said = Answered({"diet": "alles", "bus": True}, 1)
    after = wordings.edited(said, {"diet": "Fleisch", "train": False}, {1: V1, 2: V2}, 2)
    assert (after.answers, after.version) == ({"diet": "Fleisch", "train": False}, 2)
    assert list(after.earlier) == [Earlier(1, "diet", "alles"), Earlier(1, "bus", True)]
    again = wordings.edited(after, {"diet": "vegan", "train": False}, {1: V1, 2: V2}, 2)
    assert list(again.earlier) == list(after.earlier)
    labels = [one.question.label for one in wordings.read(again, {1: V1, 2: V2}, 2)]
    assert labels == ["Was essen Sie?", "Bahn?", "Essen?", "Bus?"]


def test_answer_that_still_fits_is_not_kept_twice() -> None:
    after = wordings.edited(Answered({"diet": "vegan"}, 1), {"diet": "vegan"}, {1: V1, 2: V2}, 2)
    assert (after.answers, list(after.earlier)) == ({"diet": "vegan"}, [])

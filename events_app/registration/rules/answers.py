"""Answers to an event's questions: required ones, of the right kind, and only to questions that are asked.

A question is asked if its condition holds among answers to questions that are asked themselves; a condition names an
earlier question, so one pass in their order settles chains. What is asked of each person may depend on what is asked
once per registration: its answers come as `context`.

An answer to a question that is not asked is refused (`not_asked`), as unknown fields are, and dropped beforehand where
it comes from a form: there the field may have been filled in before the condition changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from events_app.events.questions import MAX_ANSWER, NOTHING, fits, is_met
from events_app.events.schemas import Question, QuestionType
from events_app.kit.errors import FieldError
from events_app.registration.schemas import Answers

Given = Mapping[str, object]
NO_CONTEXT: Given = {}
DOES_NOT_FIT: Mapping[QuestionType, FieldError] = {
    "text": FieldError("", "", "Please use at most %(most)s characters.", {"most": MAX_ANSWER}),
    "long_text": FieldError("", "", "Please use at most %(most)s characters.", {"most": MAX_ANSWER}),
    "choice": FieldError("", "", "Please choose one of the options."),
    "choices": FieldError("", "", "Please choose among the options."),
    "number": FieldError("", "", "Please enter a number, as 12 or 12.5."),
    "date": FieldError("", "", "There is no such day. Please check the date."),
    "yes_no": FieldError("", "", "Please answer with yes or no."),
}


def asked(questions: Sequence[Question], answers: Given, context: Given = NO_CONTEXT) -> list[Question]:
    """The questions that are asked, given these answers; `context` may hold some that are not sent again."""
    counted, found = dict(context), []
    for question in questions:
        if is_met(counted, question):
            found.append(question)
            counted[question.key] = answers.get(question.key, counted.get(question.key))
    return found


def kept(answers: Answers, questions: Sequence[Question], context: Given = NO_CONTEXT) -> Answers:
    """The answers without those to questions that are not asked, and without empty ones."""
    return {q.key: answers[q.key] for q in asked(questions, answers, context) if answers.get(q.key) not in NOTHING}


def of(questions: Sequence[Question], per: str) -> list[Question]:
    return [question for question in questions if question.per == per]


def open_questions(questions: Sequence[Question], answers: Given, context: Given = NO_CONTEXT) -> list[Question]:
    """Required questions without an answer that fits: new ones, changed ones, those of somebody who took over."""
    return [
        question
        for question in asked(questions, answers, context)
        if question.required and not _is_answered(question, answers.get(question.key))
    ]


def answer_problems(
    answers: Given,
    questions: Sequence[Question],
    at: str,
    context: Given = NO_CONTEXT,
    may_stay_open: Collection[str] = (),
) -> Iterator[FieldError]:
    """What is wrong with the answers to these questions; `at` is the pointer of the answers.

    `may_stay_open`: keys of required questions that may go on without an answer (`open_questions` before an edit), so
    that a question that did not exist blocks nobody's correction.
    """
    known, asked_now = {question.key for question in questions}, asked(questions, answers, context)
    for key, answer in answers.items():
        if key not in known:
            yield FieldError(f"{at}/{key}", "unknown_question", "This event does not ask this.")
        elif answer not in NOTHING and all(question.key != key for question in asked_now):
            yield FieldError(f"{at}/{key}", "not_asked", "This is not asked, given the other answers.")
    for question in asked_now:
        yield from _one(question, answers.get(question.key), f"{at}/{question.key}", may_stay_open)


def _one(question: Question, answer: object, at: str, may_stay_open: Collection[str]) -> Iterator[FieldError]:
    if answer in NOTHING:
        if question.required and question.key not in may_stay_open:
            yield FieldError(at, "required", "Please answer this question.")
    elif not fits(question, answer):
        told = DOES_NOT_FIT[question.type]
        yield FieldError(at, "invalid_answer", told.message, told.values)


def _is_answered(question: Question, answer: object) -> bool:
    return answer not in NOTHING and fits(question, answer)

"""Runs and pairs in the shapes of the API, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from events_app.events.rules import in_zone
from events_app.kit.i18n import Language
from events_app.matchmaking.meeting_texts import why_no_meeting
from events_app.matchmaking.queries import Meeting, Organisation, Pair, RunRow, Summary, Unplaced
from events_app.matchmaking.rules.constants import THOUSANDTHS
from events_app.matchmaking.rules.values import Components, Reason
from events_app.matchmaking.schemas import (
    CandidateOut,
    ComponentsOut,
    MatchOut,
    MeetingOut,
    Party,
    ReasonOut,
    RunOut,
    RunProgress,
    SummaryOut,
    UnmatchedOut,
    UnplacedOut,
)
from events_app.matchmaking.service import Result
from events_app.matchmaking.texts import Words

DIGITS = 3  # of components and progress


def run_out(run: RunRow, result: Result, language: Language) -> RunOut:
    words = Words(language, result.names)
    return RunOut(
        id=run.id,
        event=run.slug,
        status=run.status,
        stage=run.stage,
        progress=round(run.progress, DIGITS),
        summary=None if run.summary is None else _summary(run.summary, result, words),
        matches=[_match(pair, words, run.timezone) for pair in result.pairs],
        published_at=None if run.published_at is None else in_zone(run.published_at, run.timezone),
        error=run.error,
        mode=run.mode,
    )


def progress_out(run: RunRow) -> RunProgress:
    return RunProgress(run.status, run.stage, round(run.progress, DIGITS))


def candidates_out(pairs: Sequence[Pair], language: Language) -> list[CandidateOut]:
    words = Words(language)
    return [
        CandidateOut(
            _party(pair.company), _party(pair.partner), _points(pair), _components(pair), _reasons(pair.reasons, words)
        )
        for pair in pairs
    ]


def _match(pair: Pair, words: Words, zone: str) -> MatchOut:
    return MatchOut(
        company=_party(pair.company),
        partner=_party(pair.partner),
        score=_points(pair),
        components=_components(pair),
        reasons=_reasons(pair.reasons, words),
        meeting=None if pair.meeting is None else _meeting(pair.meeting, zone),
    )


def _summary(found: Summary, result: Result, words: Words) -> SummaryOut:
    return SummaryOut(
        companies=found.companies,
        partners=found.partners,
        candidates=found.candidates,
        matches=found.matches,
        meetings=found.meetings,
        total_score=found.total_score / THOUSANDTHS,
        proved_optimal=found.proved_optimal,
        unmatched=[UnmatchedOut(one.name, one.id, _reasons(one.reasons, words)) for one in result.missed],
        seconds=found.seconds,
        gaps=found.gaps,
        fewest_gaps=found.fewest_gaps,
        unplaced=[_unplaced(one, result.names, words.language) for one in result.unplaced],
    )


def _unplaced(one: Unplaced, names: Mapping[str, str], language: Language) -> UnplacedOut:
    company, partner = (Party(id_, names.get(str(id_), "")) for id_ in (one.company, one.partner))
    return UnplacedOut(company, partner, ReasonOut(one.reason.code, why_no_meeting(one.reason, language)))


def _party(organisation: Organisation) -> Party:
    return Party(organisation.id, organisation.name)


def _points(pair: Pair) -> float:
    return pair.score / THOUSANDTHS


def _components(pair: Pair) -> ComponentsOut:
    rounded = Components(*(round(part, DIGITS) for part in pair.components))
    return ComponentsOut(**rounded._asdict())


def _reasons(reasons: Sequence[Reason], words: Words) -> list[ReasonOut]:
    return [ReasonOut(one.code, words.reason(one)) for one in reasons]


def _meeting(meeting: Meeting, zone: str) -> MeetingOut:
    return MeetingOut(in_zone(meeting.starts_at, zone), in_zone(meeting.ends_at, zone), meeting.table)

"""What one registration sees of the published run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from events_app.events import queries as events
from events_app.events.queries import EventRow
from events_app.kit.errors import NotFound
from events_app.matchmaking import queries
from events_app.matchmaking.queries import Pair, RunRow
from events_app.matchmaking.rules.values import Reason
from events_app.registration import queries as registrations
from events_app.registration.queries import RegistrationRow

Standing = Literal[
    "not_planned",
    "no_consent",
    "nothing_stated",
    "no_seat",
    "not_yet",
    "next_time",
    "planned_without",
    "nothing_found",
    "withdrawn",
    "found",
]
"""Why there is nothing to see, or `found`. `not_planned`: the event has no cooperation exchange. `no_seat`: nobody of
the registration is confirmed. `next_time`: the registration came in, or agreed, after the published run.
`planned_without`: nobody of it had come on the day. `withdrawn`: those it was matched with have withdrawn."""


@dataclass(frozen=True)
class Proposals:
    """`pairs` are the matches on either side in the published `run`; `why_not` explains `nothing_found`.

    `names` are those that the reasons speak of, by registration id: they take part and agreed to be shown.
    """

    registration: RegistrationRow
    event: EventRow
    standing: Standing
    pairs: Sequence[Pair] = ()
    why_not: Sequence[Reason] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    run: RunRow | None = None

    @property
    def introduced(self) -> bool:
        """Whether the two exchange contacts instead of meeting in a round."""
        return self.run is not None and self.run.mode == "introductions"


async def matches_for_registration(registration_id: UUID) -> Proposals:
    """The registration's matches in the published run, or why there are none. Raises `NotFound`.

    Nothing is shown before publishing, without the registration's consent, or of others that withdrew theirs.
    """
    registration = await registrations.registration(registration_id)
    event = None if registration is None else await events.by_id(registration.event)
    if registration is None or event is None:
        raise NotFound
    run = await queries.current_run(event.id)
    if run is None and not event.public.matchmaking.enabled:
        return Proposals(registration, event, "not_planned")
    hindered = _hindrance(registration)
    if run is None or hindered:
        return Proposals(registration, event, hindered or "not_yet")
    return await _in_run(registration, event, run)


def _hindrance(registration: RegistrationRow) -> Standing | None:
    training = registration.training
    if not registration.match_consent:
        return "no_consent"
    if not (training.needs or training.offers):
        return "nothing_stated"
    return None if registration.status == "confirmed" else "no_seat"


async def _in_run(registration: RegistrationRow, event: EventRow, run: RunRow) -> Proposals:
    pairs = await queries.matches_of(run.id, registration.id)
    if pairs:
        return Proposals(registration, event, "found", pairs, run=run)
    unmatched = run.summary.unmatched if run.summary else ()
    why_not = next((one.reasons for one in unmatched if one.id == registration.id), None)
    if why_not is not None:
        names = await queries.names_of([str(one.values["nearest"]) for one in why_not if one.values.get("nearest")])
        return Proposals(registration, event, "nothing_found", why_not=why_not, names=names, run=run)
    return await _without_partner(registration, event, run)


async def _without_partner(registration: RegistrationRow, event: EventRow, run: RunRow) -> Proposals:
    """Matched but with nobody to show: they withdrew, or one of the two spoke against it, which is told as no room."""
    shown = await queries.chosen_pairs(run.id, shown_only=True)
    if any(registration.id in pair for pair in shown):
        return Proposals(registration, event, "withdrawn", run=run)
    unseen = [pair for pair in await queries.chosen_pairs(run.id) if registration.id in pair]
    if unseen:
        why_not = (Reason("none_left", {"count": len(unseen)}),)
        return Proposals(registration, event, "nothing_found", why_not=why_not, run=run)
    absent = await queries.was_absent(run.id, registration.id)
    return Proposals(registration, event, "planned_without" if absent else "next_time", run=run)

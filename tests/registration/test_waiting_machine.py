from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from events_app.accounts.rules import Actor
from events_app.events.queries import EventRow
from events_app.events.schemas import EventPatch, Group
from events_app.kit import db
from events_app.kit import settings as app
from events_app.kit.errors import Conflict, EventFull, Invalid, InvitationRequired, Refusal
from events_app.kit.migrations import migrate
from events_app.kit.settings import Settings
from events_app.registration import service
from events_app.registration.schemas import AttendeeIn, InvitationIn, InvitationPatch, RegistrationOut, SwapIn
from tests.factories import ADMIN, make_event, make_registration
from tests.registration.waiting_model import Invited, Model, Person

BEGIN = datetime(2026, 10, 20, 9, tzinfo=UTC)  # five days before the clocks change
STARTS_AT = BEGIN + timedelta(days=7)
Answer = Callable[[UUID, Sequence[UUID], Actor], Coroutine[Any, Any, RegistrationOut]]
answers = st.sampled_from([service.take_offers, service.decline_offers])
any_of = st.integers(0, 10**6)
parties = st.tuples(st.integers(1, 3), st.booleans())
"""How many people, and whether they want all or none."""
quotas = st.sampled_from([0, 1, 2, 3, None])
either = st.sampled_from(["firms", "press"])


class WaitingLine(RuleBasedStateMachine):
    """Plays one event in the app and in the model; after each step both must say the same."""

    runner: asyncio.Runner
    base: Settings

    @initialize(
        capacity=st.integers(1, 4),
        line=st.lists(parties, min_size=1, max_size=4),
        grouped=st.booleans(),
        quota=quotas,
        group=either,
        held=st.integers(0, 3),
    )
    def a_full_event_with_people_in_line(
        self,
        *,
        capacity: int,
        line: list[tuple[int, bool]],
        grouped: bool,
        quota: int | None,
        group: str,
        held: int,
    ) -> None:
        """With two ticket groups, one of which has a quota, or without any; with seats held for guests, or without."""
        self.clock_at(BEGIN)
        self.model = Model(capacity + held, BEGIN, STARTS_AT)
        if grouped:
            self.model.quotas = {"firms": None, "press": quota}
        self.event: EventRow = self.run(make_event(capacity=capacity + held, starts_at=STARTS_AT, groups=self.groups()))
        self.parties: list[UUID] = []
        self.ids: dict[Person, UUID] = {}
        self.codes: dict[Invited, tuple[UUID, str]] = {}
        if held:
            self.invite(seats=held, holds=True, group=group, hours=None)
        for party in ((capacity, False), *line):
            self.register(party, group)

    @rule(party=parties, group=either)
    def register(self, party: tuple[int, bool], group: str) -> None:
        self.registers(party, group if self.model.quotas else None, None)

    @precondition(lambda self: self.model.invited)
    @rule(party=parties, group=either, pick=any_of)
    def register_with_a_code(self, party: tuple[int, bool], group: str, pick: int) -> None:
        """Into the group that the invitation opens, or any if it opens none in particular."""
        code = self.model.invited[pick % len(self.model.invited)]
        where = code.group or (group if self.model.quotas else None)
        if self.model.lets_in(code, party[0]):
            self.registers(party, where, code)
        else:
            body = {"all_or_none": party[1], "group": where, "invitation": self.codes[code][1]}
            self.refused(make_registration(self.event, party[0], **body), InvitationRequired)

    def registers(self, party: tuple[int, bool], group: str | None, code: Invited | None) -> None:
        number, together = party
        body = {"all_or_none": together, "group": group, "invitation": self.codes[code][1] if code else None}
        made = self.run(make_registration(self.event, number, **body))
        joined = self.model.register(len(self.parties), number, group=together, in_group=group, code=code)
        self.parties.append(made.id)
        self.ids.update(zip(joined, [person.id for person in made.attendees], strict=True))

    @rule(seats=st.integers(1, 3), holds=st.booleans(), group=either, hours=st.sampled_from([None, 1, 24]))
    def invite(self, seats: int, holds: bool, group: str, hours: int | None) -> None:  # noqa: FBT001 - same
        """Invitations to one group, to all of them where nobody is in that one, and to the event that has none."""
        where = group if self.model.quotas and seats > 1 else None
        until = None if hours is None else self.model.now + timedelta(hours=hours)
        entered = InvitationIn(seats=seats, holds_back=holds, group=where, expires_at=until)
        inviting = service.invite(self.event, [entered], ADMIN)
        invited = Invited(seats, holds, where, until)
        if self.model.invite(invited):
            [made] = self.run(inviting)
            self.codes[invited] = (made.id, made.written)
        else:
            self.refused(inviting, Invalid)

    @precondition(lambda self: self.model.invited)
    @rule(pick=any_of)
    def revoke(self, pick: int) -> None:
        invited = self.model.invited[pick % len(self.model.invited)]
        self.run(service.revoke_invitation(self.codes[invited][0], ADMIN))
        self.model.revoke(invited)

    @precondition(lambda self: self.model.invited)
    @rule(pick=any_of)
    def stop_holding(self, pick: int) -> None:
        invited = self.model.invited[pick % len(self.model.invited)]
        self.run(service.change_invitation(self.codes[invited][0], InvitationPatch(holds_back=False), ADMIN))
        invited.holds = False
        self.model.offer()

    @precondition(lambda self: self.model.quotas)
    @rule(quota=quotas)
    def change_quota(self, quota: int | None) -> None:
        self.model.quotas["press"] = quota
        self.run(service.change_event(self.event.slug, EventPatch(groups=self.groups()), ADMIN))
        self.model.offer()

    @precondition(lambda self: self.model.quotas and self.live())
    @rule(pick=any_of, group=either)
    def move_to_another_group(self, pick: int, group: str) -> None:
        party = self.pick(self.live(), pick).party
        self.run(service.move_to_group(self.parties[party], group, ADMIN))
        self.model.move(party, group)

    @precondition(lambda self: self.live())
    @rule(pick=any_of, everybody=st.booleans())
    def cancel(self, pick: int, everybody: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
        person = self.pick(self.live(), pick)
        leaving = self.model.of_party(person.party, "confirmed", "waiting", "offered") if everybody else [person]
        ids = [self.ids[one] for one in leaving]
        self.run(service.cancel_attendees(self.parties[person.party], ids, ADMIN))
        self.model.leave(*leaving)

    @precondition(lambda self: self.live())
    @rule(pick=any_of, swap=st.booleans())
    def somebody_new(self, pick: int, swap: bool) -> None:  # noqa: FBT001 - same
        """Instead of somebody, or besides."""
        other, name = self.pick(self.live(), pick), f"Person{len(self.ids)}"
        registration = self.parties[other.party]
        code = self.model.code_of.get(other.party)
        if not swap and code and not self.model.lets_in(code, 1):
            self.refused(service.add_attendee(registration, AttendeeIn("Noch", name), ADMIN), InvitationRequired)
            return
        if swap:
            made = self.run(service.swap_attendee(registration, self.ids[other], SwapIn("Statt", name), ADMIN))
        else:
            made = self.run(service.add_attendee(registration, AttendeeIn("Noch", name), ADMIN))
        [new] = {person.id for person in made.attendees} - set(self.ids.values())
        self.ids[self.model.swap(other) if swap else self.model.add(other.party)] = new

    @precondition(lambda self: self.model.being("offered"))
    @rule(pick=any_of, answer=answers, after_hours=st.sampled_from([0, 0, 3, 48]))
    def answer(self, pick: int, answer: Answer, after_hours: int) -> None:
        """In time, or too late while the worker is dead."""
        self.move_clock(after_hours)
        person = self.pick(self.model.being("offered"), pick)
        registration = self.parties[person.party]
        answering = answer(registration, [self.ids[person]], Actor("registration", registration))
        if not self.model.still_on(person):
            self.refused(answering, Conflict)
            return
        self.run(answering)
        concerned = self.model.answers_for(person)
        if answer is service.take_offers:
            self.model.seat(*concerned)
        else:
            self.model.leave(*concerned)

    @precondition(lambda self: self.model.being("offered"))
    @rule(pick=any_of)
    def extend(self, pick: int) -> None:
        party = self.pick(self.model.being("offered"), pick).party
        extending = service.extend_offers(self.parties[party], ADMIN)
        if self.model.extend(party):
            self.run(extending)
        else:
            self.refused(extending, Conflict)

    @precondition(lambda self: self.model.being("waiting", "offered"))
    @rule(pick=any_of, beyond=st.booleans())
    def promote(self, pick: int, beyond: bool) -> None:  # noqa: FBT001 - same
        person = self.pick(self.model.being("waiting", "offered"), pick)
        promoting = service.promote(self.parties[person.party], self.ids[person], ADMIN, over_capacity=beyond)
        if self.model.promote(person, beyond=beyond):
            self.run(promoting)
        else:
            self.refused(promoting, EventFull)

    @rule(capacity=st.sampled_from([0, 1, 2, 3, 4, 5, 6, None]))
    def change_capacity(self, capacity: int | None) -> None:
        self.run(service.change_event(self.event.slug, EventPatch(capacity=capacity), ADMIN))
        self.model.capacity = capacity
        self.model.offer()

    @precondition(lambda self: self.model.being("offered") or self.model.invited)
    @rule(hours=st.sampled_from([1, 20, 48]), tidied=st.booleans())
    def time_goes_by(self, hours: int, tidied: bool) -> None:  # noqa: FBT001 - same
        """With a worker that tidies up, or with one that is dead."""
        self.move_clock(hours)
        if tidied:
            self.run(service.expire_offers())
            self.model.expire()

    @invariant()
    def seats_agree(self) -> None:
        row = self.run(db.fetch_row("SELECT capacity, taken, excess FROM event_seats WHERE event = $1", self.event.id))
        assert (row["capacity"], row["taken"]) == (self.model.capacity, self.model.taken)
        over = 0 if self.model.capacity is None else max(0, self.model.taken - self.model.capacity)
        assert row["excess"] >= over

    @invariant()
    def groups_and_invitations_agree(self) -> None:
        held = self.run(db.fetch_value("SELECT held FROM event_seats WHERE event = $1", self.event.id))
        assert held == self.model.held_by_all
        rows = self.run(db.fetch("SELECT key, quota, taken, held FROM ticket_group WHERE event = $1", self.event.id))
        assert {row["key"]: (row["quota"], row["taken"], row["held"]) for row in rows} == {
            key: (quota, self.model.taken_in(key), self.model.held_in(key)) for key, quota in self.model.quotas.items()
        }
        rows = self.run(db.fetch("SELECT id, used, held FROM invitation WHERE event = $1", self.event.id))
        assert {row["id"]: (row["used"], row["held"]) for row in rows} == {
            self.codes[one][0]: (self.model.used(one), self.model.held(one)) for one in self.model.invited
        }

    @invariant()
    def nobody_waits_for_a_seat_that_is_free(self) -> None:
        """But for seats held for somebody whose time is over, which nobody has needed since."""
        if any(self.model.held(one) for one in self.model.outlived()):
            return
        for person in self.model.being("waiting"):
            whole = self.model.of_party(person.party, "waiting") if person.party in self.model.groups else [person]
            assert len(whole) > self.model.free_for(person.party)

    @invariant()
    def people_line_and_offers_agree(self) -> None:
        rows = self.run(db.fetch(STANDING, self.event.id))
        found = {row["id"]: (row["state"], row["expires_at"]) for row in rows}
        assert found == {self.ids[person]: (person.state, person.until) for person in self.live()}
        line = [self.ids[person] for person in self.model.being("waiting", "offered")]
        assert [row["id"] for row in rows if row["waiting_number"] is not None] == line
        assert all(row["status"] == row["ticket_status"] for row in rows)

    @invariant()
    def contacts_were_written_to_once_for_each_offer(self) -> None:
        rows = self.run(db.fetch(LETTERS, self.event.id))
        assert Counter(row["registration_id"] for row in rows) == Counter(
            {self.parties[party]: count for party, count in self.model.letters.items()}
        )

    def teardown(self) -> None:
        self.run(db.execute("UPDATE seat_offer SET state = 'expired' WHERE state = 'open'"))
        self.run(db.execute("UPDATE invitation SET held = 0"))

    def run(self, deed: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(deed)

    def refused(self, deed: Coroutine[Any, Any, RegistrationOut], refusal: type[Refusal]) -> None:
        with pytest.raises(refusal):
            self.run(deed)

    def move_clock(self, hours: int) -> None:
        self.model.now = min(self.model.now + timedelta(hours=hours), STARTS_AT - timedelta(minutes=30))
        self.clock_at(self.model.now)

    def clock_at(self, now: datetime) -> None:
        app.use(replace(self.base, fixed_now=now))

    def groups(self) -> list[Group]:
        return [Group(key, key.title(), quota=quota) for key, quota in self.model.quotas.items()]

    def live(self) -> list[Person]:
        return self.model.being("confirmed", "waiting", "offered")

    def pick(self, people: list[Person], number: int) -> Person:
        return people[number % len(people)]


STANDING = """
SELECT a.id, a.status, a.waiting_number, o.expires_at, t.status AS ticket_status,
  CASE WHEN o.id IS NULL THEN a.status ELSE 'offered' END AS state
FROM attendee a JOIN ticket t ON t.attendee_id = a.id
  LEFT JOIN seat_offer o ON o.attendee = a.id AND o.state = 'open'
WHERE a.event = $1 AND a.status <> 'cancelled' ORDER BY a.waiting_number
"""
LETTERS = "SELECT registration_id FROM outbox_mail WHERE kind = 'seat-available' AND event_id = $1"


@contextmanager
def own_loop(base: Settings) -> Iterator[asyncio.Runner]:
    """A loop and a pool of its own, because hypothesis' rules are not async; the other tests' pool rests meanwhile."""
    others, db.DB.pool = db.DB.pool, None
    app.use(base)
    db.use_database(base.database_url)
    with asyncio.Runner() as runner:
        pool = db.pool(2)
        try:
            runner.run(pool.__aenter__())
            runner.run(migrate())
            yield runner
        finally:
            runner.run(pool.__aexit__(None, None, None))
            db.DB.pool = others
            app.use(base)


@pytest.mark.slow
def test_the_waiting_list_agrees_with_a_plain_model_after_every_step(base_settings: Settings) -> None:
    with own_loop(base_settings) as runner:
        machine = type("Machine", (WaitingLine,), {"runner": runner, "base": base_settings})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=60,
                stateful_step_count=30,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            ),
        )

"""What a waiting list should do, as plainly as it can be said: one list of people, no database, no rule of the app.

Nothing but people is counted: a group's seats and an invitation's uses are looked up anew each time.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

State = Literal["confirmed", "waiting", "offered", "gone"]


@dataclass(eq=False)
class Person:
    party: int
    state: State
    until: datetime | None = None


@dataclass(eq=False)
class Invited:
    """An invitation; `closed`: it holds nothing any more, because it was withdrawn or somebody saw that it expired."""

    seats: int
    holds: bool
    group: str | None
    until: datetime | None
    revoked: bool = False
    closed: bool = False


@dataclass
class Model:
    """`people` holds everybody, and those in line in the order of the line; `groups`: parties that want all or none.

    `group_of`, `code_of`: a party's ticket group and invitation, where it has one.
    """

    capacity: int | None
    now: datetime
    starts_at: datetime
    people: list[Person] = field(default_factory=list)
    groups: set[int] = field(default_factory=set)
    letters: Counter[int] = field(default_factory=Counter)
    quotas: dict[str, int | None] = field(default_factory=dict)
    invited: list[Invited] = field(default_factory=list)
    group_of: dict[int, str] = field(default_factory=dict)
    code_of: dict[int, Invited] = field(default_factory=dict)

    def being(self, *states: State) -> list[Person]:
        return [person for person in self.people if person.state in states]

    def of_party(self, party: int, *states: State) -> list[Person]:
        return [person for person in self.being(*states) if person.party == party]

    @property
    def taken(self) -> int:
        return len(self.being("confirmed", "offered"))

    def taken_in(self, group: str) -> int:
        return sum(self.group_of.get(person.party) == group for person in self.being("confirmed", "offered"))

    def held_in(self, group: str) -> int:
        return sum(self.held(one) for one in self.invited if one.group == group)

    def held(self, one: Invited) -> int:
        """Seats kept for an invitation: as many as none of its people has."""
        seated = sum(self.code_of.get(person.party) is one for person in self.being("confirmed", "offered"))
        return max(0, one.seats - seated) if one.holds and not one.closed else 0

    @property
    def held_by_all(self) -> int:
        return sum(self.held(one) for one in self.invited)

    def used(self, one: Invited) -> int:
        return sum(self.code_of.get(p.party) is one for p in self.being("confirmed", "waiting", "offered"))

    def lets_in(self, one: Invited, number: int) -> bool:
        stands = not one.revoked and (one.until is None or self.now < one.until)
        return stands and self.used(one) + number <= one.seats

    def free(self, group: str | None, code: Invited | None) -> int:
        """Seats for somebody of this group who has this invitation."""
        own = self.held(code) if code else 0
        free = _free(self.capacity, self.taken, self.held_by_all, own)
        if group is None:
            return free
        own_there = own if code and code.group == group else 0
        return min(free, _free(self.quotas[group], self.taken_in(group), self.held_in(group), own_there))

    def free_for(self, party: int) -> int:
        return self.free(self.group_of.get(party), self.code_of.get(party))

    def register(
        self, party: int, number: int, *, group: bool, in_group: str | None = None, code: Invited | None = None
    ) -> list[Person]:
        if number > self.free(in_group, code):
            self.expire()
        if group:
            self.groups.add(party)
        if in_group:
            self.group_of[party] = in_group
        free = self.free(in_group, code)
        if code:
            self.code_of[party] = code
        seated = number if number <= free else 0 if group else free
        return [self._joins(party, seated=place < seated) for place in range(number)]

    def add(self, party: int) -> Person:
        self.let_go()
        new = self._joins(party, seated=self.free_for(party) > 0)
        self.offer()
        return new

    def invite(self, one: Invited) -> bool:
        """False: there are not so many free seats to be held."""
        gone = self.let_go()
        if one.holds and one.seats > self.free(one.group, None):
            self.take_back(gone)
            return False
        self.invited.append(one)
        self.offer()
        return True

    def revoke(self, one: Invited) -> None:
        if not one.revoked:
            one.revoked = one.closed = True
            self.offer()

    def outlived(self) -> list[Invited]:
        return [one for one in self.invited if one.until and self.now >= one.until and not one.closed]

    def let_go(self) -> list[Invited]:
        """What expired invitations hold is free."""
        gone = self.outlived()
        for one in gone:
            one.closed = True
        return gone

    def take_back(self, gone: list[Invited]) -> None:
        """What somebody was refused changes nothing."""
        for one in gone:
            one.closed = False

    def move(self, party: int, group: str) -> None:
        self.group_of[party] = group
        self.offer()

    def _joins(self, party: int, *, seated: bool) -> Person:
        self.people.append(Person(party, "confirmed" if seated else "waiting"))
        return self.people[-1]

    def leave(self, *leaving: Person) -> None:
        for person in leaving:
            person.state, person.until = "gone", None
        self.offer()

    def answers_for(self, person: Person) -> list[Person]:
        """For whom an answer to this person's offer counts."""
        together = person.party in self.groups
        return [p for p in self.of_party(person.party, "offered") if p is person or (together and self.still_on(p))]

    def still_on(self, person: Person) -> bool:
        return person.state == "offered" and person.until is not None and self.now < person.until

    def seat(self, *people: Person) -> None:
        for person in people:
            person.state, person.until = "confirmed", None

    def swap(self, old: Person) -> Person:
        new = Person(old.party, old.state, old.until)
        self.people[self.people.index(old)] = new
        return new

    def expire(self) -> None:
        late = [person for person in self.being("offered") if not self.still_on(person)]
        if late or any(self.held(one) for one in self.outlived()):
            self.leave(*late)

    def extend(self, party: int) -> bool:
        held = [person for person in self.of_party(party, "offered") if self.still_on(person)]
        if not held:
            return False
        last = max(person.until for person in held if person.until)
        later = min(last + timedelta(hours=48), self.starts_at - timedelta(hours=2))
        if later <= last:
            return False
        for person in held:
            person.until = later
        self.letters[party] += 1
        return True

    def promote(self, person: Person, *, beyond: bool) -> bool:
        """False: there is no room, and nobody said that it should be made."""
        gone = self.let_go()
        whole = self.of_party(person.party, "waiting", "offered") if person.party in self.groups else [person]
        if sum(one.state == "waiting" for one in whole) > self.free_for(person.party) and not beyond:
            self.take_back(gone)
            return False
        self.seat(*whole)
        self.letters[person.party] += 1
        self.offer()
        return True

    def offer(self) -> None:
        """Everybody in line who fits, first come first; a party that wants all or none only all together."""
        self.let_go()
        lucky: list[Person] = []
        for person in self.being("waiting"):
            if person.state == "waiting":
                together = self.of_party(person.party, "waiting") if person.party in self.groups else [person]
                if len(together) <= self.free_for(person.party):
                    self.seat(*together)
                    lucky += together
        last = min(self.now + timedelta(hours=48), self.starts_at - timedelta(hours=2))
        asked = last - self.now >= timedelta(hours=4)
        for person in lucky:
            person.state, person.until = ("offered", last) if asked else ("confirmed", None)
        self.letters.update({person.party for person in lucky})


def _free(limit: int | None, taken: int, held: int, own: int) -> int:
    """Seats that are neither taken nor held for others; if more is held than there is, nobody's own is safe."""
    if limit is None:
        return 10**9
    return max(0, min(limit - taken, max(0, limit - taken - held) + own))

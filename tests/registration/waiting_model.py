"""What a waiting list should do, as plainly as it can be said: one list of people, no database, no rule of the app."""

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


@dataclass
class Model:
    """`people` holds everybody, and those in line in the order of the line; `groups`: parties that want all or none."""

    capacity: int | None
    now: datetime
    starts_at: datetime
    people: list[Person] = field(default_factory=list)
    groups: set[int] = field(default_factory=set)
    letters: Counter[int] = field(default_factory=Counter)

    def being(self, *states: State) -> list[Person]:
        return [person for person in self.people if person.state in states]

    def of_party(self, party: int, *states: State) -> list[Person]:
        return [person for person in self.being(*states) if person.party == party]

    @property
    def taken(self) -> int:
        return len(self.being("confirmed", "offered"))

    @property
    def free(self) -> int:
        return 10**9 if self.capacity is None else max(0, self.capacity - self.taken)

    def register(self, party: int, number: int, *, group: bool) -> list[Person]:
        if number > self.free:
            self.expire()
        if group:
            self.groups.add(party)
        seated = number if number <= self.free else 0 if group else self.free
        return [self._joins(party, seated=place < seated) for place in range(number)]

    def add(self, party: int) -> Person:
        return self._joins(party, seated=self.free > 0)

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
        if late:
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
        whole = self.of_party(person.party, "waiting", "offered") if person.party in self.groups else [person]
        if sum(one.state == "waiting" for one in whole) > self.free and not beyond:
            return False
        self.seat(*whole)
        self.letters[person.party] += 1
        return True

    def offer(self) -> None:
        """Everybody in line who fits, first come first; a group only all together."""
        lucky: list[Person] = []
        for person in self.being("waiting"):
            if person not in lucky:
                together = self.of_party(person.party, "waiting") if person.party in self.groups else [person]
                lucky += together if len(lucky) + len(together) <= self.free else []
        last = min(self.now + timedelta(hours=48), self.starts_at - timedelta(hours=2))
        asked = last - self.now >= timedelta(hours=4)
        for person in lucky:
            person.state, person.until = ("offered", last) if asked else ("confirmed", None)
        self.letters.update({person.party for person in lucky})

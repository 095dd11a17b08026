"""What a use case refuses, as values: a code for scripts, an HTTP status, and the fields concerned.

Messages are English msgids with `%(name)s` places; whoever shows them translates (`i18n`). Nothing here knows HTTP
libraries, so rules and services raise these freely.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FieldError:
    """One wrong field. `field` is a JSON pointer (RFC 6901) into the request body, as `/attendees/0/email`."""

    field: str
    code: str
    message: str
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class Refusal(Exception):  # noqa: N818 - an answer to the caller, not a fault of the program
    """A request that is answered with a no. Subclasses fix status and code."""

    status = 400
    code = "validation_failed"
    message = "Something in this request is not right."

    def __init__(
        self,
        message: str | None = None,
        *,
        errors: Sequence[FieldError] = (),
        values: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.message = message or type(self).message
        self.errors = tuple(errors)
        self.values = dict(values or {})
        self.headers = dict(headers or {})
        super().__init__(self.message % self.values if self.values else self.message)


class Invalid(Refusal):
    """Fields that can't be taken; `errors` names each one."""

    message = "Please check the marked fields."


class UnknownField(Refusal):
    code = "unknown_field"
    message = "The request has a field that does not exist."


class Unauthorised(Refusal):
    status = 401
    code = "unauthorised"
    message = "Please log in, or send a valid token."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message, headers={"WWW-Authenticate": "Bearer"})


class Forbidden(Refusal):
    status = 403
    code = "forbidden"
    message = "You are not allowed to do this."


class NotFound(Refusal):
    status = 404
    code = "not_found"
    message = "There is nothing at this address."


class EventNotFound(NotFound):
    code = "event_not_found"
    message = "There is no such event."


class Conflict(Refusal):
    status = 409
    code = "conflict"
    message = "This does not fit what has happened in the meantime."


class EventFull(Conflict):
    code = "event_full"
    message = "The event is fully booked."


class RegistrationClosed(Conflict):
    code = "registration_closed"
    message = "Registration for this event is closed."


class EventCancelled(Conflict):
    code = "event_cancelled"
    message = "This event has been cancelled."


class DuplicateAttendee(Conflict):
    code = "duplicate_attendee"
    message = "A person with this name and e-mail address is already registered for this event."


class AlreadyCheckedIn(Conflict):
    code = "already_checked_in"
    message = "This person has already been admitted."


class RunActive(Conflict):
    code = "run_active"
    message = "A matching run for this event is under way."


class InvitationRequired(Refusal):
    status = 403
    code = "invitation_required"
    message = "This event is by invitation. Please enter your invitation code."


class IdempotencyKeyReused(Refusal):
    status = 422
    code = "idempotency_key_reused"
    message = "This Idempotency-Key was used with another request."


class TooManyRequests(Refusal):
    status = 429
    code = "too_many_requests"
    message = "Too many requests. Please try again in a moment."

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(headers={"Retry-After": str(retry_after_seconds)})


class Unavailable(Refusal):
    status = 503
    code = "unavailable"
    message = "The database can't be reached at the moment. Please try again in a few seconds."

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(headers={"Retry-After": str(retry_after_seconds)})


class PayloadTooLarge(Refusal):
    status = 413
    code = "payload_too_large"
    message = "The request is too large."

"""What the API's description says about refusals: every one is a problem document (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from operator import itemgetter

from litestar.openapi.datastructures import ResponseSpec
from msgspec import Struct

from events_app.kit.errors import Invalid, PayloadTooLarge, Refusal, UnknownField

BEARER = [{"bearer": list[str]()}]
"""For the `security` of handlers that want a token."""


class ProblemField(Struct):
    """One wrong field; `field` is a JSON pointer into the request's body, or names a query parameter."""

    field: str
    code: str
    message: str


class Problem(Struct):
    """Why a request was refused; programs go by `code`, people by `detail`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[ProblemField]


def refusals(*kinds: type[Refusal]) -> Mapping[int, ResponseSpec]:
    """For a handler's `responses`: the refusals it may answer with, beside those of every unreadable request."""
    every: set[type[Refusal]] = {Invalid, UnknownField, PayloadTooLarge, *kinds}
    codes = sorted((kind.status, kind.code) for kind in every)
    return {status: _spec([code for _, code in group]) for status, group in groupby(codes, itemgetter(0))}


def _spec(codes: list[str]) -> ResponseSpec:
    return ResponseSpec(
        data_container=Problem,
        generate_examples=False,
        description=f"Refused: {', '.join(codes)}",
        media_type="application/problem+json",
    )

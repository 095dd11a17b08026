"""JSON bodies: read in one step into the shape that the handler names, and strictly, so that `"2"` is no number."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec
from litestar import Request

from events_app.kit.errors import Invalid
from events_app.kit.http.problems import refused_fields

ANY_TEXT: Final = "any_text"
"""`opt={ANY_TEXT: True}` on handlers that take texts as they come: halves of surrogate pairs become U+FFFD there."""

_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
_PLACE = re.compile(r"(?s)(.*) - at `\$\.?([^`]*)`")


class StrictRequest(Request[Any, Any, Any]):
    """Litestar's own way converts after decoding, and there takes 1 for true, "2" for 2 and 5 for a time of day."""

    async def json(self) -> Any:
        """The body as the handler's `data`. Raises `Invalid` or `UnknownField` with the fields concerned."""
        field = self.route_handler.parsed_data_field
        body = await self.body()
        if self.route_handler.opt.get(ANY_TEXT):
            body = without_half_pairs(body)
        return decoded(body, Any if field is None else field.annotation)


def decoded(body: bytes, shape: Any) -> Any:
    """Raises `Invalid` or `UnknownField`."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        raise refused_fields([_located(str(error))]) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid("This request can't be read.") from error


def without_half_pairs(body: bytes) -> bytes:
    r"""JSON whose escapes name characters only: a lone `\ud800`, which some encoders send, is none."""
    if b"\\u" not in body:
        return body
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], body)


def _located(message: str) -> dict[str, Any]:
    """What msgspec says at the end of its message, `… - at `$.a[0].b``, as Litestar names it: key and message."""
    found = _PLACE.fullmatch(message)
    return {"key": found[2], "message": found[1]} if found else {"key": "", "message": message}

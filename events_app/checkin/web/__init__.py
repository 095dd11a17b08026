"""The door's own page, its rehearsal, and the form for visitors who register at the entrance."""

from litestar.types import ControllerRouterHandler

from events_app.checkin.web import door, rehearsal, walk_in

routes: list[ControllerRouterHandler] = [*door.routes, *walk_in.routes, *rehearsal.routes]

"""The door's own page, and the one for visitors who register at the entrance."""

from litestar.types import ControllerRouterHandler

from events_app.checkin.web import door, walk_in

routes: list[ControllerRouterHandler] = [*door.routes, *walk_in.routes]

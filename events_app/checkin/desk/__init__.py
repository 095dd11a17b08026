"""The back office's side of the door."""

from litestar.types import ControllerRouterHandler

from events_app.checkin.desk import badges, devices, door, entrance, presence, rehearsal

routes: list[ControllerRouterHandler] = [
    *door.routes,
    *presence.routes,
    *devices.routes,
    *badges.routes,
    *entrance.routes,
    *rehearsal.routes,
]

"""What a registration's contact sees and says of partners, below its manage page."""

from events_app.matchmaking.web import meetings, own_data, proposals, wishes

routes = [*meetings.routes, *own_data.routes, *proposals.routes, *wishes.routes]

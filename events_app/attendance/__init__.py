"""Around an event's day: asking who comes, counting what the caterer needs, thanking with a certificate afterwards."""

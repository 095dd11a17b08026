"""Words for what the API calls by codes; msgids, translated where they are shown."""

from __future__ import annotations

KINDS = {
    "company": "Company",
    "training_provider": "Training provider",
    "vocational_school": "Vocational school",
    "school": "School",
    "chamber": "Chamber",
    "association": "Association",
    "research": "University or research institute",
    "business_development": "Business development agency",
    "public_body": "Public authority",
    "other": "Other organisation",
}
SIZES = {
    "micro": "Micro: fewer than 10 people",
    "small": "Small: fewer than 50 people",
    "medium": "Medium-sized: fewer than 250 people",
    "large": "Large: 250 people or more",
}
NEEDS = {
    "wheelchair": "I use a wheelchair",
    "sign_language": "Sign language interpreting",
    "hearing": "Support for hearing, such as an induction loop",
    "sight": "Support for seeing, such as large print",
    "assistance": "I come with an assistant or an assistance dog",
    "allergy": "An allergy or intolerance to food",
}
"""As a person ticks them; keys as in `rules.choices.NEEDS`."""
COUNTED_NEEDS = {
    "wheelchair": "Wheelchair",
    "sign_language": "Sign language interpreting",
    "hearing": "Support for hearing",
    "sight": "Support for seeing",
    "assistance": "With an assistant or an assistance dog",
    "allergy": "Allergy or intolerance to food",
}
FIELDS = {
    "/organisation/name": "Name of your organisation",
    "/organisation/kind": "What are you?",
    "/organisation/size": "People employed",
    "/organisation/postcode": "Postcode",
    "/organisation/district": "District",
    "given_name": "Given name",
    "family_name": "Family name",
    "email": "E-mail address",
    "phone": "Phone",
    "role": "Role",
    "occupation": "Occupation",
    "form": "What is it about?",
    "places": "Places",
    "site": "Where does it take place?",
    "period": "When?",
    "/invitation": "Invitation code",
    "/group": "You take part as",
    "/needs": "What do you need in order to take part?",
    "/note": "In your own words",
    "/consent": "Consent",
}
"""Labels of form fields by JSON pointer or by its last part, for the list of errors above a form."""
ROWS = {"attendees": "Person", "needs": "Need", "offers": "Offer"}
TOPICS: tuple[tuple[str, frozenset[str]], ...] = (
    ("Parts of the training elsewhere", frozenset({"verbund"})),
    ("Courses and exams", frozenset({"kurs"})),
    ("Additional skills, trainers", frozenset({"zusatz", "ausbilder"})),
    ("Support for apprentices", frozenset({"begleitung", "sprache", "wohnen"})),
    ("Finding young people", frozenset({"schule", "marketing", "uebernahme"})),
    ("Workshop, care, abroad", frozenset({"werkstatt", "pflege", "ausland"})),
)
"""What a profile asks first: six topics, each with the families of forms of cooperation that belong to it."""
INVITATION_STATES = {
    "open": "Can be used",
    "used": "All places used",
    "expired": "Expired",
    "revoked": "Withdrawn",
}
INVITATION_FIELDS = {
    "/label": "For whom?",
    "/people": "Addresses for personal invitations",
    "/seats": "People",
    "/group": "Ticket group",
    "/expires_at": "Valid until",
}
INVITATION_COLUMNS = ("For whom?", "E-mail", "Code", "Link", "Places", "Used", "Held back", "Status", "Valid until")

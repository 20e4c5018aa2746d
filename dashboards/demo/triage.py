"""Workflow `triage`: a helpdesk ticket goes to one of six queues. Production is right 97 times in 100."""

import random

from connectors.types import Request
from dashboards.demo.call import Call, chat
from dashboards.demo.grammar import Words, sentence

PRODUCTION_IS_RIGHT = 0.97
QUEUES = ("account", "billing", "delivery", "returns", "technical", "sales")
_SYSTEM = f"Sort the customer's ticket into one queue: {', '.join(QUEUES)}. Answer with the queue's name only."

_EXAMPLES = [
    ("I was charged twice this month.", "billing"),
    ("The parcel never came.", "delivery"),
    ("I cannot log in.", "account"),
]
_TICKETS: dict[str, tuple[str, ...]] = {
    "account": (
        "I cannot log in to {place}{since}.",
        "The password link you sent to {email} has expired, please send {another}.",
        "Please change the name on my profile{since}, I got married.",
        "Two-factor codes for {place} never arrive on {phone}.",
    ),
    "billing": (
        "I was charged {amount} twice for my {plan} plan{since}.",
        "The invoice over {amount} shows the wrong address.",
        "My card was declined for the {plan} plan although it works elsewhere.",
        "Why did the price of the {plan} plan rise to {amount}{since}?",
    ),
    "delivery": (
        "My {thing} has not arrived{since}.",
        "The courier left the {thing} with a neighbour I do not know.",
        "Tracking for the {thing} has said 'in transit'{since}.",
        "Can the {thing} be delivered to my office instead?",
    ),
    "returns": (
        "I want to send the {thing} back, it is {fault}.",
        "How do I get a label to return the {thing}?",
        "The {thing} does not fit, I would like my {amount} back.",
        "You received my returned {thing}{since}; where is the refund?",
    ),
    "technical": (
        "{place} crashes when I open {screen}.",
        "I get error {number} on {screen}{since}.",
        "{screen} stays blank in my browser{since}.",
        "Syncing between {place} and my phone stopped{since}.",
    ),
    "sales": (
        "Do you offer a discount for {number} {plan} seats?",
        "Which plan do I need for {number} people?",
        "Could someone show us the {plan} plan next week?",
        "Is the {thing} available in other colours?",
    ),
}
_WORDS: Words = {
    "place": ("the app", "the web shop", "the customer portal", "my workspace"),
    "since": ("", " since Monday", " for three days", " since the last update", " again", " since this morning"),
    "email": ("ada.miller@example.com", "j.brandt@example.org", "sofia@example.net"),
    "phone": ("+1 212 555 0142", "+44 20 7946 0018", "my phone"),
    "another": ("a new one", "another", "a fresh one"),
    "amount": ("$19.00", "$49.90", "$129.00", "$240.50", "$12.75"),
    "plan": ("starter", "team", "business", "annual", "family"),
    "thing": ("desk lamp", "coffee grinder", "winter jacket", "keyboard", "backpack", "office chair", "tent"),
    "fault": ("broken", "the wrong size", "scratched", "not what I ordered"),
    "screen": ("the settings", "the reports page", "the calendar", "the payment form", "the dashboard"),
    "number": ("12", "25", "403", "500", "40", "150"),
    "opening": ("", "", "Hello, ", "Hi there. ", "Good morning. ", "Dear support, "),
    "closing": ("", "", " Thanks!", " Please help.", " This is urgent.", " Kind regards."),
}


def call(rng: random.Random) -> Call:
    """One ticket, its true queue, and the queue that production chose."""
    queue = rng.choice(QUEUES)
    ticket = sentence("{opening}" + rng.choice(_TICKETS[queue]) + "{closing}", _WORDS, rng)
    wrong = rng.choice([other for other in QUEUES if other != queue])
    return Call(
        request=Request(messages=chat(_SYSTEM, ticket, _EXAMPLES), params={"temperature": 0.0, "max_tokens": 8}),
        answer=queue if rng.random() < PRODUCTION_IS_RIGHT else wrong,
        truth=queue,
    )

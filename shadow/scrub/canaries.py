"""Synthetic personal data of every kind, and real-looking texts to plant it in.

Everything is drawn from a seed, so the same seed plants the same values in the same places. No value is anybody's:
numbers are right by their check digits and otherwise random, names are put together from two lists.
"""

import functools
import random
import string
from collections.abc import Callable, Mapping

import phonenumbers
from stdnum import iban, luhn
from stdnum.us import ssn

Draw = Callable[[random.Random], str]

_GIVEN = (
    "Anna", "James", "Fatima", "Carlos", "Yuki", "Olga", "Pierre", "Amara", "Lukas", "Priya", "Elena", "Mohamed",
    "Sofie", "Liam", "Zofia", "Mateo", "Ingrid", "Tomasz", "Aisha", "Hannah",
)  # fmt: skip
_FAMILY = (
    "Whitfield", "Lindqvist", "Oyelaran", "Castellanos", "Brandt", "Kowalczyk", "Moreau", "Haddad", "Fitzgerald",
    "Papadakis", "Novotny", "Ferreira", "Takahashi", "Okafor", "Vandenberg", "Svensson", "Marchetti", "Chaudhary",
)  # fmt: skip
_STREETS = ("Maple", "Kensington", "Harbour", "Mill", "Church", "Victoria", "Orchard", "Lakeview", "Cedar", "Station")
_CITIES = ("Sheffield", "Marseille", "Gothenburg", "Valencia", "Rotterdam", "Brno", "Leipzig", "Baltimore", "Osaka")
_FIRMS = ("Ltd", "Inc", "GmbH", "Group", "Industries", "Logistics", "Partners", "Holdings")
_REGIONS = ("US", "GB", "DE", "FR", "IT", "ES", "NL", "SE", "PL", "IN", "AU", "BR", "JP", "CH", "AT", "CA")
_BANKS = {"DE": "18d", "GB": "4a14d", "NL": "4a10d", "FR": "23d", "ES": "20d", "BE": "12d", "AT": "16d", "PT": "21d"}
_NETWORKS = (("4", 16), ("51", 16), ("55", 16), ("34", 15), ("37", 15), ("36", 14), ("3530", 16), ("6011", 16))


def _digits(draw: random.Random, n: int) -> str:
    return "".join(draw.choices(string.digits, k=n))


def _letters(draw: random.Random, n: int, alphabet: str = string.ascii_lowercase) -> str:
    return "".join(draw.choices(alphabet, k=n))


def _email(draw: random.Random) -> str:
    person = f"{draw.choice(_GIVEN)}.{draw.choice(_FAMILY)}".lower()
    name = draw.choice((person, f"{person}+{_letters(draw, 4)}", f"{_letters(draw, 6)}{_digits(draw, 3)}"))
    return f"{name}@{_letters(draw, 7)}.{draw.choice(('com', 'org', 'co.uk', 'de', 'example'))}"


def _phone(draw: random.Random) -> str:
    """A number that is valid in its country, in one of the forms in which people write it there or abroad."""
    while True:
        example = phonenumbers.example_number(draw.choice(_REGIONS))
        if example is None:
            continue
        number = int(str(example.national_number)[:-4] + _digits(draw, 4))
        drawn = phonenumbers.PhoneNumber(country_code=example.country_code, national_number=number)
        if phonenumbers.is_valid_number(drawn):
            forms = (phonenumbers.PhoneNumberFormat.E164, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
            return phonenumbers.format_number(drawn, draw.choice(forms))


def _card(draw: random.Random) -> str:
    start, length = draw.choice(_NETWORKS)
    number = start + _digits(draw, length - len(start) - 1)
    number += luhn.calc_check_digit(number)
    gap = draw.choice(("", " ", "-"))
    return gap.join(number[place : place + 4] for place in range(0, 16, 4)) if length == 16 else number


def _iban(draw: random.Random) -> str:
    country = draw.choice(list(_BANKS))
    form = _BANKS[country]
    letters, digits = form.split("a") if "a" in form else ("0", form)
    account = _letters(draw, int(letters), string.ascii_uppercase) + _digits(draw, int(digits.removesuffix("d")))
    number = country + iban.calc_check_digits(f"{country}00{account}") + account
    return draw.choice((number, iban.format(number)))


def _ssn(draw: random.Random) -> str:
    while True:
        number = f"{draw.randint(1, 899):03}-{draw.randint(1, 99):02}-{draw.randint(1, 9999):04}"
        if ssn.is_valid(number):
            return number


def _ip(draw: random.Random) -> str:
    if draw.random() < 0.7:
        return ".".join(str(draw.randint(11, 250)) for _ in range(4))
    return ":".join(f"{draw.randint(4096, 65535):x}" for _ in range(8))


def _secret(draw: random.Random) -> str:
    body = _letters(draw, 30, string.ascii_letters + string.digits) + _digits(draw, 4)
    prefix = draw.choice(("sk-proj-", "sk_live_", "ghp_", "github_pat_", "glpat-", "xoxb-", "hf_", "npm_"))
    return draw.choice((prefix + body, "AKIA" + _letters(draw, 15, string.ascii_uppercase) + _digits(draw, 1)))


def _data(draw: random.Random) -> str:
    return f"data:image/png;base64,{_letters(draw, 60, string.ascii_letters + string.digits)}"


def _person(draw: random.Random) -> str:
    return f"{draw.choice(_GIVEN)} {draw.choice(_FAMILY)}"


def _address(draw: random.Random) -> str:
    street = f"{draw.randint(2, 980)} {draw.choice(_STREETS)} {draw.choice(('Street', 'Road', 'Avenue', 'Lane'))}"
    return f"{street}, {draw.choice(_CITIES)}"


def _date(draw: random.Random) -> str:
    day, month, year = draw.randint(1, 28), draw.randint(1, 12), draw.randint(1940, 2020)
    return draw.choice((f"{day:02}/{month:02}/{year}", f"{year}-{month:02}-{day:02}", f"{day} May {year}"))


VALUES: Mapping[str, Draw] = {
    "email": _email,
    "phone": _phone,
    "card": _card,
    "iban": _iban,
    "ssn": _ssn,
    "ip": _ip,
    "secret": _secret,
    "data": _data,
    "person": _person,
    "organization": lambda draw: f"{draw.choice(_FAMILY)} {draw.choice(_FIRMS)}",
    "location": lambda draw: draw.choice(_CITIES),
    "address": _address,
    "date": _date,
    "age": lambda draw: str(draw.randint(18, 99)),
    "license": lambda draw: f"{_letters(draw, 2, string.ascii_uppercase)}{_digits(draw, 8)}",
    "url": lambda draw: f"https://www.{_letters(draw, 9)}.com/{_letters(draw, 6)}",
}
"""How a value of each kind is drawn."""

PHRASES: Mapping[str, tuple[str, ...]] = {
    "email": ("Please write to {}.", "My address is {}", "{}", "From: {};", "({})"),
    "phone": ("Call me on {}.", "{}", "Tel. {}", "reach me at {} after six"),
    "card": ("I paid with {}.", "card {} exp 12/27", "{}", "Visa: {}"),
    "iban": ("Refund it to {}.", "IBAN {}", "{}", "account {} please"),
    "ssn": ("My SSN is {}.", "{}", "social security number: {}"),
    "ip": ("I connect from {}.", "host {} does not answer", "{}"),
    "secret": ("the key is {}", "token={}", "{}", "Authorization: Bearer {}"),
    "data": ("see {}", "{}"),
    "person": ("My name is {}.", "I spoke to {} yesterday.", "Dear {},", "{} signed the form."),
    "organization": ("I work for {} in sales.", "The invoice is from {}.", "{} has confirmed it."),
    "location": ("I live in {}.", "The parcel is stuck in {} since Monday.", "We moved from {} last year."),
    "address": ("Please send it to {}.", "I moved to {}.", "Ship to: {}"),
    "date": ("I was born on {}.", "Date of birth: {}", "since {}"),
    "age": ("I just turned {}.", "I am {} years old", "a {}-year-old customer"),
    "license": ("My driver's license number is {}.",),
    "url": ("My page is {}", "see {} for more"),
}
"""What people write round a value of each kind."""


@functools.cache
def texts() -> tuple[str, ...]:
    """Real-looking texts without personal data, to plant values in; a place is marked by {}."""
    return (
        "Hello, I ordered two weeks ago and nothing has come yet. {} Could you look into it? Order ORD-20391.",
        "The VPN drops every ten minutes since the update. {} I have restarted twice, error 0x80070005.",
        "{} I was charged twice this month, please refund one of the payments of 49.90 EUR.",
        "Thanks for the quick answer.\n\n{}\n\nBest regards",
        "You are a helpful assistant that sorts tickets. Answer with one label only.\nTicket: {}\nLabel:",
        "Customer said: {} Agent said: we will come back to you within 3 days.",
        '{{"ticket": "my access is blocked", "note": "{}"}}',
        '{{"messages": [{{"text": "hi"}}, {{"text": "{}", "n": 3}}], "priority": 2}}',
        "| field | value |\n|---|---|\n| note | {} |\n| priority | 2 |",
        "Summary: the customer complains about a late delivery. {} Sentiment: negative.",
        "- printer on floor 3\n- toner is empty\n- {}\n- urgent",
        "{}",
    )

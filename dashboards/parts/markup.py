"""HTML for what Streamlit has no element for. Everything that comes from data goes through `escaped`."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from dashboards.parts.marks import Field, Span, fields, words
from dashboards.parts.visible import escaped
from judge.outcomes import State

_BADGES = {
    State.READY: ("✓", "ready"),
    State.INSUFFICIENT_EVIDENCE: ("…", "insufficient evidence"),
    State.BLOCKED: ("✕", "blocked"),
}


def badge(state: State) -> str:
    """A state as icon, word and colour: none of the three alone carries it."""
    icon, word = _BADGES[state]
    return f'<span class="sj-badge sj-{state}"><span aria-hidden="true">{icon}</span> {word}</span>'


def sentence(text: str) -> str:
    """A sentence whose numbers stay beside their per cent signs."""
    return escaped(text).replace(" %", "&nbsp;%")


def note(kind: str, text: str, what_to_do: str = "") -> str:
    """A message box; `kind` is info, good, warning or error."""
    role = "alert" if kind in ("warning", "error") else "status"
    more = f'<div class="sj-todo">{escaped(what_to_do)}</div>' if what_to_do else ""
    return f'<div class="sj-note sj-note-{kind}" role="{role}"><div>{sentence(text)}</div>{more}</div>'


def listing(sentences: Iterable[str]) -> str:
    """Sentences as a bulleted list."""
    return f'<ul class="sj-list">{"".join(f"<li>{sentence(text)}</li>" for text in sentences)}</ul>'


def table(header: Sequence[str], rows: Iterable[Sequence[str]], name: str) -> str:
    """A table of HTML cells; the caller has escaped them. `name` is its CSS class and its accessible name."""
    head = "".join(f'<th scope="col">{cell}</th>' for cell in header)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<div class="sj-scroll"><table class="sj-table sj-{name}" aria-label="{name}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def text_box(text: str) -> str:
    """A long text as it is, in a box that scrolls."""
    return f'<div class="sj-text sj-prompt" dir="auto" tabindex="0">{escaped(text)}</div>'


def sides(left: str, right: str, left_title: str, right_title: str) -> str:
    """Two answers beside each other with their differences marked: as fields when both are JSON, else word by word."""
    compared = fields(left, right)
    if compared is not None:
        rows = [(escaped(field.path), _value(field, field.left), _value(field, field.right)) for field in compared]
        return table(("field", escaped(left_title), escaped(right_title)), rows, "fields")
    marked = words(left, right)
    halves = marked if marked is not None else ([Span(left, False)], [Span(right, False)])
    boxes = "".join(
        f'<section class="sj-answer" aria-label="{escaped(title)}"><h4>{escaped(title)}</h4>'
        f'<div class="sj-text" dir="auto" tabindex="0">{_spans(half)}</div></section>'
        for title, half in zip((left_title, right_title), halves, strict=True)
    )
    too_long = '<p class="sj-small">Too long to mark the differences.</p>' if marked is None else ""
    return f'<div class="sj-sides">{boxes}</div>{too_long}'


def duration(age: timedelta) -> str:
    """An age in the one unit that a person would use: 42 s, 7 min, 3 h, 2 days."""
    seconds = max(0, round(age.total_seconds()))
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h" if seconds < 172_800 else f"{seconds // 86_400} days"


def _spans(spans: Iterable[Span]) -> str:
    return "".join(f"<mark>{escaped(span.text)}</mark>" if span.differs else escaped(span.text) for span in spans)


def _value(field: Field, value: str | None) -> str:
    if value is None:
        return "<mark>absent</mark>"
    return f"<mark>{escaped(value)}</mark>" if field.differs else escaped(value)

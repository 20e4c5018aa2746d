"""Lists of pairs on a real store: by filter and page, by text, counted by day and by what failed where."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from connectors.types import Completion
from judge.browsing import export as exporting
from judge.browsing import search as searching
from judge.browsing.counts import by_day, clusters, tags
from judge.browsing.excerpts import excerpts
from judge.browsing.export import neutral, whole_pairs
from judge.browsing.files import Format, file_of
from judge.browsing.filter import Filter, Show, shown
from judge.browsing.pages import pairs_page
from judge.browsing.search import by_id, search
from judge.checking.settle import Settled
from judge.judging.epoch import setup_of
from judge.outcomes import Outcome, Severity, Stratum
from shadow.store import Store, open_store
from tests.store.seeding import (
    AGREE,
    DEFECT,
    DISAGREE,
    NOON,
    configuration,
    pair,
    store_checked,
    store_pairs,
    store_review,
    store_verdict,
)

CONFIG = configuration()
TEXTS = {3: "Your PARCEL is 100% late", 9: "my parcel?"}
PAIRS = [
    pair(
        n,
        tags={"team": "a" if n < 6 else "b", "odd/key": str(n % 2)},
        candidate=Completion(text=TEXTS.get(n, "billing")),
        trace_id=f"trace-{n}",
    )
    for n in range(12)
]
ALL = Filter(workflow="triage")
FAILED = Settled(Stratum.SETTLED, Outcome.WORSE_MAJOR, Severity.MAJOR, failed=("label_agreement", "json_schema"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Twelve pairs: 0-3 fine, 4-5 defects, 6-8 disagree, 9-10 agree, 11 unchecked."""
    store = open_store(f"duckdb:{tmp_path}/s.duckdb")
    store.migrate("shadow")
    store.migrate("judge")
    store_pairs(store, PAIRS)
    store_checked(store, CONFIG, PAIRS[:4])
    store_checked(store, CONFIG, PAIRS[4:6], DEFECT)
    store_checked(store, CONFIG, PAIRS[6:9], DISAGREE)
    store_checked(store, CONFIG, PAIRS[9:11], AGREE)
    later = NOON + timedelta(minutes=1)
    store_verdict(store, PAIRS[6], Outcome.WORSE_MAJOR, later)
    store_verdict(store, PAIRS[7], Outcome.UNDECIDED, later, flip=True)
    store_verdict(store, PAIRS[8], Outcome.WORSE_MAJOR, NOON, epoch="e0")
    store_review(store, PAIRS[6], Outcome.EQUIVALENT, later)
    store_review(store, PAIRS[6], Outcome.WORSE_MINOR, later + timedelta(seconds=1), reviewer="bob")
    yield store
    store.close()


def numbers(frame: Any) -> list[int]:
    by = {each.pair_id: n for n, each in enumerate(PAIRS)}
    return [by[each] for each in frame["pair_id"]]


@pytest.mark.parametrize(
    ("show", "numbers"),
    [
        (Show.ALL, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        (Show.DEFECT, [5, 4]),
        (Show.DISAGREE, [8, 7, 6]),
        (Show.AGREE, [10, 9]),
        (Show.UNREVIEWED, [10, 9, 8, 7]),
        (Show.REVIEWED, [6]),
        (Show.JUDGED_WORSE, [6]),
        (Show.UNDECIDED, [7]),
    ],
)
def test_what_a_list_shows(store: Store, show: Show, numbers: list[int]) -> None:
    page = pairs_page(store, shown("triage", show))
    assert page.rows["pair_id"].to_list() == [PAIRS[n].pair_id for n in numbers]
    assert page.total == len(numbers)


def test_rows_are_narrow_and_say_who_said_what(store: Store) -> None:
    assert pairs_page(store, shown("triage", Show.REVIEWED)).rows.to_dicts() == [
        {
            "pair_id": PAIRS[6].pair_id,
            "occurred_at": PAIRS[6].occurred_at,
            "workflow": "triage",
            "fingerprint": "small@1",
            "stratum": "disagree",
            "outcome": None,
            "severity": None,
            "failed": [],
            "verdict": "worse_major",
            "review": "worse_minor",
        }
    ]


def test_a_list_may_be_of_verdicts_whose_reason_says_the_opposite(store: Store) -> None:
    later = NOON + timedelta(minutes=2)
    store_verdict(store, PAIRS[9], Outcome.EQUIVALENT, later, contradicts=True)
    store_verdict(store, PAIRS[10], Outcome.EQUIVALENT, later, contradicts=False)
    store_verdict(store, PAIRS[3], Outcome.EQUIVALENT, later, epoch="e0", contradicts=True)
    assert numbers(pairs_page(store, Filter(workflow="triage", contradicts=True)).rows) == [9]


def test_pages_cover_the_list_once(store: Store) -> None:
    pages = [pairs_page(store, ALL, page=n, size=4) for n in range(4)]
    assert [page.rows.height for page in pages] == [4, 4, 3, 0]
    assert {page.total for page in pages} == {11}
    seen = [pair_id for page in pages for pair_id in page.rows["pair_id"]]
    assert len(set(seen)) == 11


def test_a_list_may_be_of_one_candidate(store: Store) -> None:
    assert pairs_page(store, shown("triage", Show.ALL, "small@1")).total == 11
    assert pairs_page(store, shown("triage", Show.ALL, "small@2")).total == 0
    assert pairs_page(store, Filter(workflow="nowhere")).total == 0


def test_a_repeat_is_listed_once(store: Store) -> None:
    store_checked(store, CONFIG, PAIRS[:4])
    assert pairs_page(store, ALL).rows["pair_id"].to_list() == [PAIRS[n].pair_id for n in range(10, -1, -1)]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"strata": (Stratum.SETTLED, Stratum.AGREE)}, [10, 9, 5, 4, 3, 2, 1, 0]),
        ({"severities": (Severity.MAJOR,)}, [5, 4]),
        ({"severities": (Severity.MINOR,)}, [6]),  # a review wins over the verdict
        ({"severities": tuple(Severity)}, [6, 5, 4]),
        ({"verdicts": (Outcome.WORSE_MAJOR, Outcome.UNDECIDED)}, [7, 6]),
        ({"reviewed": True}, [6]),
        ({"since": PAIRS[8].occurred_at}, [10, 9, 8]),
        ({"since": PAIRS[3].occurred_at, "until": PAIRS[5].occurred_at}, [4, 3]),
        ({"tag": ("team", "b")}, [10, 9, 8, 7, 6]),
        ({"tag": ("odd/key", "1"), "strata": (Stratum.DISAGREE,)}, [7]),
        ({"tag": ("team", "it's")}, []),
        ({"failed": "label_agreement"}, []),
        ({"fingerprint": "small@2"}, []),
    ],
)
def test_a_filter(store: Store, keys: dict[str, Any], expected: list[int]) -> None:
    page = pairs_page(store, Filter(workflow="triage", **keys))
    assert numbers(page.rows) == expected
    assert page.total == len(expected)


def test_counts_by_day_and_stratum(store: Store) -> None:
    moved = [msgspec.structs.replace(each, occurred_at=NOON - timedelta(days=1)) for each in PAIRS[11:]]
    store_checked(store, CONFIG, moved, AGREE)
    noon, before = NOON.replace(hour=0), NOON.replace(hour=0) - timedelta(days=1)
    assert by_day(store, ALL).rows() == [
        (before, "agree", None, 1),
        (noon, "agree", None, 2),
        (noon, "disagree", None, 3),
        (noon, "settled", "major", 2),
        (noon, "settled", None, 4),
    ]


def test_clusters_by_what_failed_and_slice(store: Store) -> None:
    later = [pair(n, tags={"team": "a" if n < 23 else "b"}) for n in range(20, 25)]
    store_pairs(store, later)
    store_checked(store, CONFIG, later, FAILED)
    what = "label_agreement, json_schema"
    assert clusters(store, ALL).rows() == [(what, "major", None, 5, later[4].occurred_at, later[4].pair_id)]
    assert clusters(store, ALL, tag="team").rows() == [
        (what, "major", "a", 3, later[2].occurred_at, later[2].pair_id),
        (what, "major", "b", 2, later[4].occurred_at, later[4].pair_id),
    ]
    assert clusters(store, ALL, tag="team", most=1).height == 1
    assert numbers_of_clusters(store, "nosuch") == [(None, 5)]
    assert pairs_page(store, Filter(workflow="triage", failed="json_schema")).total == 5


def numbers_of_clusters(store: Store, tag: str) -> list[tuple[str | None, int]]:
    return clusters(store, ALL, tag=tag).select("slice", "pairs").rows()


def test_tags_and_their_values(store: Store) -> None:
    assert tags(store, ALL).rows() == [
        ("odd/key", "0", 6),
        ("odd/key", "1", 5),
        ("team", "a", 6),
        ("team", "b", 5),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("parcel", [9, 3]), ("100% LATE", [3]), ("_arcel", []), ("ticket 1", [10, 1]), ("it's", []), ("nowhere", [])],
)
def test_a_text_is_found_in_requests_and_answers_as_it_is_written(store: Store, text: str, expected: list[int]) -> None:
    found = search(store, ALL, text)
    assert numbers(found.rows) == expected
    assert (found.searched, found.back_to) == (11, None)


def test_a_search_keeps_to_the_filter_and_to_so_many_rows(store: Store) -> None:
    assert numbers(search(store, Filter(workflow="triage", strata=(Stratum.AGREE,)), "parcel").rows) == [9]
    assert numbers(search(store, ALL, "parcel", most=1).rows) == [9]
    assert search(store, Filter(workflow="nowhere"), "parcel").rows.is_empty()


def test_a_search_says_how_far_it_came_and_goes_on_from_there(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "AT_ONCE", 1)
    old = [pair(n, occurred_at=NOON - timedelta(hours=n), candidate=Completion(text="parcel")) for n in (30, 31)]
    store_pairs(store, old)
    store_checked(store, CONFIG, old)
    found, steps = [], 0
    until = None
    while True:
        part = search(store, Filter(workflow="triage", until=until), "parcel")
        found += part.rows["pair_id"].to_list()
        steps += 1
        if part.back_to is None:
            break
        until = part.back_to
    assert found == [PAIRS[9].pair_id, PAIRS[3].pair_id, old[0].pair_id, old[1].pair_id]
    assert steps == 3


@pytest.mark.parametrize("text", ["trace-7", PAIRS[7].request_id, f" {PAIRS[7].pair_id}"])
def test_a_pair_is_found_by_any_of_its_ids(store: Store, text: str) -> None:
    assert numbers(by_id(store, text)) == [7]
    assert by_id(store, "nobody").is_empty()


def test_whole_pairs_come_in_parts_and_each_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "AT_ONCE", 1)
    old = pair(30, occurred_at=NOON - timedelta(hours=30), candidate=Completion(text="=1+1"))
    store_pairs(store, [old, old])
    store_checked(store, CONFIG, [old])
    parts = list(whole_pairs(store, Filter(workflow="triage", strata=(Stratum.SETTLED, Stratum.DISAGREE))))
    assert [part.height for part in parts] == [9, 1]
    assert parts[0]["review"].to_list() == [None, None, "worse_minor", *[None] * 6]
    assert parts[1]["candidate_text"].to_list() == ["=1+1"]
    assert neutral(parts[1])["candidate_text"].to_list() == ["'=1+1"]


def test_only_what_a_spreadsheet_would_run_is_changed() -> None:
    texts = ["=HYPERLINK(1)", "+1", "-1", "@x", "\t=1", "billing", "a=b", "", None]
    frame = pl.DataFrame({"text": texts, "n": range(9), "list": [["=1"]] * 9})
    expected = ["'=HYPERLINK(1)", "'+1", "'-1", "'@x", "'\t=1", "billing", "a=b", "", None]
    assert neutral(frame)["text"].to_list() == expected
    assert neutral(frame).select("n", "list").equals(frame.select("n", "list"))


def test_listed_pairs_begin_with_what_was_answered(store: Store) -> None:
    rows = excerpts(store, pairs_page(store, ALL).rows, most=6)
    assert numbers(rows) == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert rows["candidate"][:3].to_list() == ["billin", "my par", "billin"]


@pytest.mark.parametrize(
    ("form", "read"),
    [
        (Format.JSONL, lambda file: pl.read_ndjson(file)),
        (Format.PARQUET, lambda file: pl.read_parquet(file)),
        (Format.CSV, lambda file: pl.read_csv(file)),
    ],
)
def test_a_file_holds_the_pairs_of_the_filter_and_no_formula(
    store: Store, form: Format, read: Callable[[BytesIO], pl.DataFrame]
) -> None:
    bad = pair(20, candidate=Completion(text='=HYPERLINK("http://a.invalid")'))
    store_pairs(store, [bad])
    store_checked(store, CONFIG, [bad], FAILED)
    frame = read(BytesIO(file_of(store, msgspec.structs.replace(ALL, severities=(Severity.MAJOR,)), form)))
    assert frame["pair_id"].to_list() == [each.pair_id for each in (bad, PAIRS[5], PAIRS[4])]
    assert frame["candidate_text"][0] == '\'=HYPERLINK("http://a.invalid")'
    assert frame["failed"][0] == "label_agreement, json_schema"
    assert '"messages"' in frame["request"][0]


def test_a_file_holds_the_newest_pairs_at_most_and_may_hold_none(store: Store) -> None:
    newest = pl.read_parquet(BytesIO(file_of(store, ALL, Format.PARQUET, most=3)))
    assert newest["pair_id"].to_list() == [PAIRS[n].pair_id for n in (10, 9, 8)]
    assert file_of(store, msgspec.structs.replace(ALL, fingerprint="nobody"), Format.PARQUET) == b""


def test_verdicts_are_those_of_the_judge_as_it_is_configured(store: Store) -> None:
    judge = setup_of(CONFIG, "triage")
    row = store.read("SELECT * FROM verdicts WHERE epoch = 'e1' LIMIT 1").with_columns(
        pair_id=pl.lit(PAIRS[9].pair_id), occurred_at=pl.lit(PAIRS[9].occurred_at).cast(pl.Datetime("us", "UTC")),
        verdict_id=pl.lit("newer"), epoch=pl.lit("e9"), setup=pl.lit("another"), outcome=pl.lit("worse_major"),
        judged_at=pl.lit(NOON + timedelta(hours=1)).cast(pl.Datetime("us", "UTC")),
    )  # fmt: skip
    store.append("verdicts", row)
    assert numbers(pairs_page(store, shown("triage", Show.JUDGED_WORSE)).rows) == [9]
    assert numbers(pairs_page(store, shown("triage", Show.JUDGED_WORSE, setup=judge)).rows) == [6]
    assert numbers(pairs_page(store, shown("triage", Show.JUDGED_WORSE, setup="")).rows) == []

"""A lake whose Parquet files lie on S3: the same store, another place, and keys that may be wrong."""

import signal
from collections.abc import Iterator

import pytest

from connectors.errors import RetryLater, UserError
from connectors.types import Completion
from shadow.erasure import Erasure, erase_subject
from shadow.funnel import funnel
from shadow.scrub.walk import pseudonym
from shadow.store import S3, Store, open_store, reaching
from tests.store import s3
from tests.store.contract.test_keeping import NOW, SECRET
from tests.store.postgres import Postgres
from tests.store.s3 import Bucket
from tests.store.seeding import pair, store_pairs
from tests.store.test_one_process import rejected


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with s3.bucket() as bucket:
        yield bucket


@pytest.fixture
def url(server: Postgres) -> str:
    return f"ducklake:postgres:{server.database()}"


@pytest.fixture
def store(url: str, bucket: Bucket) -> Iterator[Store]:
    store = open_store(url, data_path=f"s3://{bucket.name}/{url[-6:]}", s3=bucket.keys)
    store.migrate("shadow")
    yield store
    store.close()


def test_two_processes_share_it_and_every_row_is_there_once(store: Store, url: str, bucket: Bucket) -> None:
    store.append("rejected", rejected(range(3000)))
    again = open_store(url, data_path=f"s3://{bucket.name}/{url[-6:]}", s3=bucket.keys)
    again.append("rejected", rejected(range(3000, 5000)))
    assert again.read('SELECT count(DISTINCT "offset") AS d, count(*) AS n FROM rejected').row(0) == (5000, 5000)
    assert funnel(store).sentence.endswith("adds up")
    again.close()


def test_after_erasure_and_compaction_no_object_holds_what_was_erased(store: Store, bucket: Bucket) -> None:
    ada = {"subject_key": pseudonym("ada"), "candidate": Completion(text=SECRET)}
    store_pairs(store, [pair(n, **(ada if n == 3 else {})) for n in range(50)])
    store.compact()
    assert bucket.holds(SECRET.encode())
    assert erase_subject(store, "ada", "officer", NOW) == Erasure(1, 1)
    store.compact()
    assert not bucket.holds(SECRET.encode())
    assert store.read("SELECT count(*) AS n FROM pairs").item() == 49


def test_a_bucket_that_is_silent_for_a_while_loses_and_doubles_nothing(
    url: str, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shadow.store.s3.TIMEOUT_S", 1)
    store = open_store(url, data_path=f"s3://{bucket.name}/{url[-6:]}", s3=bucket.keys)
    store.migrate("shadow")
    store.append("rejected", rejected(range(100)))
    monkeypatch.setattr(reaching, "TAKEOVER_S", 0.5)
    bucket.server.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(RetryLater, match="does not answer"):
            store.append("rejected", rejected(range(100, 200)))
    finally:
        bucket.server.send_signal(signal.SIGCONT)
    monkeypatch.setattr(reaching, "TAKEOVER_S", 10.0)
    store.append("rejected", rejected(range(100, 201)))
    assert store.read('SELECT "offset" FROM rejected ORDER BY 1')["offset"].to_list() == list(range(201))
    store.close()


def test_a_bucket_that_is_not_there_is_told_at_the_start(url: str, bucket: Bucket) -> None:
    with pytest.raises(UserError, match=r"store\.data_path: s3://nowhere/x/ cannot be used \(HTTP 404\)") as told:
        open_store(url, data_path="s3://nowhere/x", s3=bucket.keys)
    assert bucket.keys.secret not in str(told.value)
    assert bucket.keys.secret not in repr(bucket.keys)


def test_an_endpoint_that_is_silent_is_told(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "TAKEOVER_S", 0.3)
    nobody = S3(key_id="k", secret="kept-secret", endpoint="http://127.0.0.1:1")
    with pytest.raises(UserError, match="does not answer") as told:
        open_store(url, data_path="s3://lake/x", s3=nobody)
    assert "kept-secret" not in str(told.value)

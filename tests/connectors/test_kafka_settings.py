"""What a configuration may tell Kafka, and what is said when no broker answers."""

import socket
import threading
import time
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.errors import UserError
from connectors.publisher import KafkaPublisher, ensure_topics
from connectors.sources.kafka import Settings, connect

SERVERS = ["127.0.0.1:1"]


@pytest.mark.parametrize(
    ("client", "sentence"),
    [
        ({"enable_auto_commit": True}, "'enable_auto_commit' is not passed through to kafka-python"),
        ({"auto_offset_reset": "latest"}, "'auto_offset_reset' is not passed through"),
        ({"group_id": "other"}, "'group_id' is not passed through"),
        ({"sasl_mecanism": "PLAIN"}, "unknown key of kafka-python 'sasl_mecanism'; did you mean 'sasl_mechanism'?"),
        ({"value_deserializer": "x"}, "unknown key of kafka-python 'value_deserializer'"),
        ({"security_protocol": "TLS"}, "unknown security_protocol 'TLS'; known: PLAINTEXT, SASL_PLAINTEXT"),
        ({"sasl_mechanism": "SCRAM-SHA256"}, "unknown sasl_mechanism 'SCRAM-SHA256'; did you mean 'SCRAM-SHA-256'?"),
        ({"ssl_cafile": "/absent/ca.pem"}, "ssl_cafile: no such file /absent/ca.pem"),
    ],
)
def test_what_may_not_be_passed_through(client: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(bootstrap_servers=SERVERS, topics=["calls"], client=client)
    (error,) = caught.value.errors()
    assert error["msg"].startswith(sentence)
    assert error["loc"] == ("client",)


def test_what_may_be_passed_through_stays_out_of_sight() -> None:
    client = {"security_protocol": "SASL_SSL", "sasl_mechanism": "PLAIN", "sasl_plain_password": "hush"}
    settings = Settings(bootstrap_servers=SERVERS, topics=["calls"], client=client)
    assert settings.client == client
    assert "hush" not in repr(settings)


@pytest.fixture(params=["closed", "silent"])
def nobody(request: pytest.FixtureRequest) -> Any:
    """An address where nothing listens, or where something does and never answers."""
    if request.param == "closed":
        yield SERVERS[0]
        return
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_a_missing_broker_is_said_in_time(nobody: str) -> None:
    quick = {"bootstrap_timeout_ms": 500}
    before, started = set(threading.enumerate()), time.monotonic()
    for reach in (
        lambda: connect("source", Settings(bootstrap_servers=[nobody], topics=["calls"], client=quick)),
        lambda: KafkaPublisher([nobody], quick),
        lambda: ensure_topics([nobody], {"calls": 1}, quick),
    ):
        with pytest.raises(UserError, match=f"no Kafka broker answered at {nobody}; check bootstrap_servers"):
            reach()
    assert time.monotonic() - started < 15
    assert not {thread for thread in set(threading.enumerate()) - before if thread.is_alive()}


def test_a_setting_that_kafka_python_refuses() -> None:
    client = {"request_timeout_ms": 10, "fetch_max_wait_ms": 20}
    with pytest.raises(UserError, match=r"source: kafka-python refuses a setting in client: .*request_timeout_ms"):
        connect("source", Settings(bootstrap_servers=SERVERS, topics=["calls"], client=client))

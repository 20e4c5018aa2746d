"""What kafka-python may be told by a configuration, and how a broker is reached the first time."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer
from kafka.errors import AuthorizationError, BrokerResponseError, KafkaError, KafkaTimeoutError
from kafka.net.compat import KafkaNetClient

from connectors.errors import UserError, unknown

BOOTSTRAP_MS = 5_000
REQUEST_MS = 5_000
_CHOICES = {
    "security_protocol": ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
    "sasl_mechanism": ("PLAIN", "GSSAPI", "OAUTHBEARER", "SCRAM-SHA-256", "SCRAM-SHA-512"),
}
# What exactly-once rests on, and what Settings has a key of its own for: never passed through.
_OURS = frozenset(
    {
        *("bootstrap_servers", "group_id", "group_instance_id", "allow_auto_create_topics"),
        *("session_timeout_ms", "max_poll_interval_ms", "max_poll_records"),
        *("enable_auto_commit", "auto_commit_interval_ms", "auto_offset_reset"),
    }
)
_KNOWN = frozenset(
    key
    for key, default in KafkaConsumer.DEFAULT_CONFIG.items()
    if (default is None or isinstance(default, bool | int | str))
    and not key.startswith("metric")
    and key not in ("api_version", "ssl_context", "sasl_oauth_token_provider", "socks5_proxy")
    and not key.endswith("_deserializer")
)


def check_client(client: Mapping[str, Any]) -> None:
    """Nothing, when kafka-python knows these settings and none of them is ours to decide; else raises UserError."""
    for key, value in client.items():
        if key in _OURS:
            raise UserError(f"{key!r} is not passed through to kafka-python: it is decided elsewhere.")
        if key not in _KNOWN:
            raise unknown("key of kafka-python", key, _KNOWN - _OURS)
        if key in _CHOICES and value not in _CHOICES[key]:
            raise unknown(key, str(value), _CHOICES[key])
        if key.startswith("ssl_") and key.endswith("file") and not Path(value).is_file():
            raise UserError(f"{key}: no such file {value}.")


@contextmanager
def reaching(name: str, servers: Sequence[str]) -> Iterator[Callable[..., KafkaNetClient]]:
    """A maker of network clients for one constructor of kafka-python, which leaves its thread behind when it fails.

    Raises UserError instead of what the constructor raises; kafka-python's report of each
    attempt is not logged beside it.
    """
    made: list[KafkaNetClient] = []

    def client(**config: Any) -> KafkaNetClient:
        made.append(KafkaNetClient(**config))
        return made[-1]

    logs = logging.getLogger("kafka")
    level = logs.level
    logs.setLevel(logging.CRITICAL)
    try:
        yield client
    except (KafkaError, ValueError, TypeError) as error:
        for net in made:
            net.close()
        if isinstance(error, KafkaTimeoutError):
            raise UserError(
                f"{name}: no Kafka broker answered at {', '.join(servers)}; check bootstrap_servers, that the broker "
                "runs and is reachable from here, and the TLS and SASL settings in client."
            ) from error
        if isinstance(error, AuthorizationError | BrokerResponseError):
            raise UserError(f"{name}: the Kafka broker at {', '.join(servers)} refuses: {error!r}.") from error
        raise UserError(f"{name}: kafka-python refuses a setting in client: {error}.") from error
    finally:
        logs.setLevel(level)

"""The command line over a real broker: killed, interrupted, watched from a second terminal."""

import json
import random
from pathlib import Path

import pytest

from connectors.publisher import KafkaPublisher, ensure_topics
from shadow.funnel import Funnel, funnel
from shadow.store import Store
from tests.connectors.chat_server import ChatServer, Reply
from tests.e2e.service import call, running, write_config
from tests.e2e.traffic import GARBAGE, values

pytestmark = pytest.mark.broker


def publish(broker: str, topic: str, records: list[bytes], partitions: int = 2) -> None:
    ensure_topics([broker], {topic: partitions})
    publisher = KafkaPublisher([broker])
    for number, record in enumerate(records):
        publisher.publish(topic, str(number).encode(), record)
    publisher.flush(20)
    publisher.close()


def fates(result: Funnel) -> int:
    return result.paired + result.skipped + result.shed + result.rejected


def test_killed_again_and_again_every_record_appears_once(tmp_path: Path, broker: str, store: Store) -> None:
    records = [*values(150), *GARBAGE, *values(7, "unknown")]
    publish(broker, "killed", records)
    chance = random.Random(7)
    with ChatServer(lambda _: Reply(text="refund", delay_s=0.03)) as server:
        config = write_config(tmp_path, broker, "killed", server.base_url)
        for target in (20, 60, 110):
            with running("mirror", "--config", config) as command:
                command.wait_for(lambda target=target: fates(funnel(store)) >= target)
                command.wait_for(lambda: chance.random() < 0.3)
                command.kill()
        with running("mirror", "--config", config) as command:
            command.wait_for(lambda: fates(funnel(store)) >= len(records) and "partitions_assigned" in command.output)
            assert command.interrupt() == 130, command.output
    result = funnel(store)
    assert result.adds_up, result.sentence
    assert (result.seen, result.paired, result.skipped, result.rejected) == (160, 150, 7, 3)


def test_ctrl_c_flushes_and_commits(tmp_path: Path, broker: str, store: Store) -> None:
    publish(broker, "interrupted", values(200))
    with ChatServer(lambda _: Reply(text="refund", delay_s=0.05)) as server:
        config = write_config(tmp_path, broker, "interrupted", server.base_url)
        with running("mirror", "--config", config) as command:
            command.wait_for(lambda: funnel(store).paired >= 10)
            assert command.interrupt() == 130, command.output
            assert "Traceback" not in command.output
        begun, asked = funnel(store).paired, len(server.requests)
        assert begun == asked - 1, "every answer that was asked for is stored (and one probe is no pair)"
        with running("mirror", "--config", config) as command:
            command.wait_for(lambda: "partitions_assigned" in command.output and funnel(store).paired >= 200)
            assert command.interrupt() == 130
        assert len(server.requests) == 200 + 2, "what was committed is not asked again"
    assert funnel(store).adds_up


def test_up_and_a_second_terminal_work_together(tmp_path: Path, broker: str) -> None:
    publish(broker, "watched", [*values(30), *GARBAGE])
    with ChatServer(lambda _: "refund") as server:
        config = write_config(tmp_path, broker, "watched", server.base_url)
        with running("up", "--no-dashboard", "--config", config) as command:

            def paired() -> bool:
                shown = call("status", "--json", "--config", config)
                return shown.returncode == 0 and json.loads(shown.stdout)["funnel"]["paired"] == 30

            command.wait_for(paired)
            shown = call("status", "--config", config)
            assert shown.returncode == 0, shown.stderr
            assert "adds up" in shown.stdout
            codes = {
                phase: call("gate", "-w", "triage", "-p", phase, "--config", config).returncode
                for phase in ("shadow", "limited")
            }
            assert codes == {"shadow": 4, "limited": 3}, (
                "refund is wrong for every ticket; no judge, no noise floor yet"
            )
            assert command.interrupt() == 130, command.output
            assert "Traceback" not in command.output
    assert call("status", "--config", config).returncode == 0


def test_a_missing_broker_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    with ChatServer(lambda _: "refund") as server:
        config = write_config(tmp_path, "127.0.0.1:1", "none", server.base_url)
        ended = call("mirror", "--config", config)
    assert ended.returncode == 2
    told = [line for line in ended.stderr.splitlines() if "event=candidate" not in line]
    assert len(told) == 1, ended.stderr
    assert "no Kafka broker answered at 127.0.0.1:1; check bootstrap_servers" in told[0]


def test_an_unknown_key_names_file_key_and_the_nearest_known_one(tmp_path: Path) -> None:
    config = write_config(tmp_path, "127.0.0.1:1", "none", "http://127.0.0.1:1/v1")
    config.write_text(config.read_text().replace("flush_seconds", "flush_secs"))
    ended = call("mirror", "--config", config)
    assert ended.returncode == 2
    assert f"{config}: mirror: unknown key 'flush_secs'; did you mean 'flush_seconds'?" in ended.stderr


def test_a_wrong_model_path_is_one_sentence(tmp_path: Path) -> None:
    config = write_config(tmp_path, "127.0.0.1:1", "none", "http://127.0.0.1:1/v1")
    text = config.read_text()
    first, last = text.index("[models.small]"), text.index("[mirror]")
    config.write_text(f'{text[:first]}[models.small]\nkind = "llama"\npath = "/no/such/model.gguf"\n\n{text[last:]}')
    ended = call("mirror", "--config", config)
    assert ended.returncode == 2
    assert "models.small: no such model file /no/such/model.gguf" in ended.stderr

"""Sampling is deterministic, uniform and nested."""

from shadow.sampling import share_of


def test_the_same_key_has_the_same_share_for_ever() -> None:
    assert share_of("request-1", "triage") == share_of("request-1", "triage")
    assert share_of("request-1", "triage") != share_of("request-1", "orders")


def test_shares_are_uniform_enough_to_sample_by() -> None:
    shares = [share_of(str(n), "triage") for n in range(20_000)]
    assert all(0 <= share < 1 for share in shares)
    for probability in (0.01, 0.1, 0.5, 0.9):
        kept = sum(share < probability for share in shares) / len(shares)
        assert abs(kept - probability) < 4 * (probability * (1 - probability) / len(shares)) ** 0.5


def test_a_long_salt_and_a_lone_surrogate_are_accepted() -> None:
    assert 0 <= share_of("\ud800", "a workflow name much longer than sixteen bytes") < 1

"""Deterministic sampling: the same request is in or out whoever asks, whenever, on whichever machine."""

import hashlib


def share_of(key: str, salt: str = "") -> float:
    """A number in [0, 1) that depends on key and salt alone and is uniform over keys.

    A unit is in a sample of probability p when its share is below p, so a larger sample contains every smaller one.
    """
    digest = hashlib.blake2b(key.encode(errors="surrogatepass"), digest_size=8, person=salt.encode()[:16]).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53

-- Who may append rows of a partition: each owner claims it before it reads what is stored of it, and the newest claim
-- alone counts. An append that names an older one is refused (docs/decisions/042-claims-on-partitions.md).

CREATE TABLE partition_claims (
    topic VARCHAR NOT NULL,
    "partition" INTEGER NOT NULL,
    claim BIGINT NOT NULL,                          -- 1, 2, ... of each partition
    claimed_at TIMESTAMPTZ NOT NULL
);

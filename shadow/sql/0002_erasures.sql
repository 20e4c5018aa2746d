-- Retention and erasure: the two exceptions from "only ever appended to", and what stays on record of them.

-- Where a record of the source was whose pairs are gone. It keeps the funnel adding up, and the mirror from reading the
-- record again.
CREATE TABLE erased (
    topic VARCHAR NOT NULL,
    "partition" INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    workflow VARCHAR NOT NULL,
    mirrored_at TIMESTAMPTZ NOT NULL,               -- when its first pair was stored
    erased_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE erasures (
    erasure_id VARCHAR NOT NULL,
    why VARCHAR NOT NULL,                           -- subject, age; never whose
    workflow VARCHAR,                               -- NULL: all of them
    older_than TIMESTAMPTZ,                         -- NULL: of any age
    removed_pairs BIGINT NOT NULL,
    removed_rows BIGINT NOT NULL,                   -- of all tables, pairs included
    erased_by VARCHAR NOT NULL,
    erased_at TIMESTAMPTZ NOT NULL
);

CREATE OR REPLACE VIEW intake AS
SELECT topic, "partition", "offset", workflow, fate, reason, count(*) AS copies
FROM (
    SELECT DISTINCT topic, "partition", "offset", workflow, 'paired' AS fate, '' AS reason FROM pairs
    UNION ALL
    SELECT topic, "partition", "offset", workflow, CASE reason WHEN 'shed' THEN 'shed' ELSE 'skipped' END, reason
    FROM skipped
    UNION ALL
    SELECT topic, "partition", "offset", '', 'rejected', reason FROM rejected
    UNION ALL
    SELECT topic, "partition", "offset", workflow, 'erased', '' FROM erased
)
GROUP BY ALL;

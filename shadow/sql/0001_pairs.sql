-- What the mirror appends. Every table is only ever appended to. A record of the source ends in exactly one of
-- pairs (once a candidate), skipped or rejected, and its origin says which record it was.

CREATE TABLE pairs (
    pair_id VARCHAR NOT NULL,
    workflow VARCHAR NOT NULL,
    fingerprint VARCHAR NOT NULL,
    request_id VARCHAR NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    mirrored_at TIMESTAMPTZ NOT NULL,
    topic VARCHAR NOT NULL,
    "partition" INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    request VARCHAR NOT NULL,                       -- JSON of connectors.types.Request, scrubbed
    production_text VARCHAR,
    production_tool_calls VARCHAR,                  -- JSON
    production_finish_reason VARCHAR,
    production_refusal VARCHAR,
    production_model VARCHAR,
    production_input_tokens BIGINT,
    production_output_tokens BIGINT,
    production_latency_ms DOUBLE,
    production_time_to_first_token_ms DOUBLE,
    production_confidence DOUBLE,
    production_error VARCHAR,
    candidate_text VARCHAR,
    candidate_tool_calls VARCHAR,                   -- JSON
    candidate_finish_reason VARCHAR,
    candidate_refusal VARCHAR,
    candidate_model VARCHAR,
    candidate_input_tokens BIGINT,
    candidate_output_tokens BIGINT,
    candidate_latency_ms DOUBLE,
    candidate_time_to_first_token_ms DOUBLE,
    candidate_confidence DOUBLE,
    candidate_error VARCHAR,
    candidate_dropped_params VARCHAR[],
    inclusion_probability DOUBLE NOT NULL,
    scrub_version VARCHAR NOT NULL,
    scrubbed VARCHAR NOT NULL,                      -- JSON: how many values of each kind were masked
    tags VARCHAR NOT NULL,                          -- JSON
    trace_id VARCHAR,
    span_id VARCHAR,
    subject_key VARCHAR,
    ground_truth VARCHAR                            -- JSON, NULL where nobody knows it
);

CREATE TABLE skipped (
    topic VARCHAR NOT NULL,
    "partition" INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    workflow VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,                        -- sampled_out, shed, not_enabled
    inclusion_probability DOUBLE NOT NULL,
    skipped_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE rejected (
    topic VARCHAR NOT NULL,
    "partition" INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    reason VARCHAR NOT NULL,
    size_bytes BIGINT,
    rejected_at TIMESTAMPTZ NOT NULL
);

-- What a long-running part says of itself every few seconds: silence is then visible.
CREATE TABLE heartbeats (
    component VARCHAR NOT NULL,                     -- mirror, scorer
    instance VARCHAR NOT NULL,                      -- host:pid
    beat_at TIMESTAMPTZ NOT NULL,
    state VARCHAR NOT NULL,                         -- running, paused, stopped
    lag BIGINT,                                     -- records (mirror) or pairs (scorer) still to do
    in_flight BIGINT,
    oldest_in_flight_s DOUBLE,
    detail VARCHAR NOT NULL
);

-- One row a record of the source, whatever became of it; a record mirrored to two candidates is one row.
CREATE VIEW intake AS
SELECT topic, "partition", "offset", workflow, fate, reason, count(*) AS copies
FROM (
    SELECT DISTINCT topic, "partition", "offset", workflow, 'paired' AS fate, '' AS reason FROM pairs
    UNION ALL
    SELECT topic, "partition", "offset", workflow, CASE reason WHEN 'shed' THEN 'shed' ELSE 'skipped' END, reason
    FROM skipped
    UNION ALL
    SELECT topic, "partition", "offset", '', 'rejected', reason FROM rejected
)
GROUP BY ALL;

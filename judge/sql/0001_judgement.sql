-- What the scorer, the reviewers and the release managers append.

-- One row a pair and set of checks: the fact that it was checked, and what the checks leave open.
CREATE TABLE checked (
    pair_id VARCHAR NOT NULL,
    workflow VARCHAR NOT NULL,
    fingerprint VARCHAR NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    checks_version VARCHAR NOT NULL,
    stratum VARCHAR NOT NULL,                       -- settled, disagree, agree
    outcome VARCHAR,                                -- known when settled
    severity VARCHAR,                               -- of the defect, when the outcome is one
    failed VARCHAR[] NOT NULL,
    draw DOUBLE NOT NULL,                           -- share_of(pair_id, "judge"): judged when below the share
    checked_at TIMESTAMPTZ NOT NULL
);

-- Rows for what did not pass; a PASS is the absence of a row beside the presence of `checked`. Written before `checked`,
-- so that a scorer that dies between the two repeats them: count DISTINCT (pair_id, check_name) of a checks_version.
CREATE TABLE check_results (
    pair_id VARCHAR NOT NULL,
    workflow VARCHAR NOT NULL,
    fingerprint VARCHAR NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    checks_version VARCHAR NOT NULL,
    check_name VARCHAR NOT NULL,
    status VARCHAR NOT NULL,                        -- FAIL, SKIP, ERROR
    severity VARCHAR,
    who_is_right VARCHAR,                           -- production, candidate, both, neither; NULL unknown
    detail VARCHAR NOT NULL,
    checked_at TIMESTAMPTZ NOT NULL
);

-- One row a pair and epoch: both orders together.
CREATE TABLE verdicts (
    verdict_id VARCHAR NOT NULL,
    pair_id VARCHAR NOT NULL,
    workflow VARCHAR NOT NULL,
    fingerprint VARCHAR NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    epoch VARCHAR NOT NULL,                         -- hash of rubric, judge model and prompt
    rubric VARCHAR NOT NULL,
    rubric_hash VARCHAR NOT NULL,
    judge_model VARCHAR NOT NULL,                   -- as served
    outcome VARCHAR NOT NULL,
    order_flip BOOLEAN NOT NULL,
    choice_production_first VARCHAR,                -- NULL: the reply was not one of the choices
    choice_candidate_first VARCHAR,
    reply_production_first VARCHAR,
    reply_candidate_first VARCHAR,
    error VARCHAR,                                  -- why the judge gave no reply, after several tries; else NULL
    stratum VARCHAR NOT NULL,
    inclusion_probability DOUBLE NOT NULL,          -- the stratum's share to be judged, when this pair was chosen
    input_tokens BIGINT,
    output_tokens BIGINT,
    latency_ms DOUBLE,
    judged_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE reviews (
    review_id VARCHAR NOT NULL,
    pair_id VARCHAR NOT NULL,
    workflow VARCHAR NOT NULL,
    fingerprint VARCHAR NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    reviewer VARCHAR NOT NULL,
    outcome VARCHAR NOT NULL,
    note VARCHAR NOT NULL,
    left_arm VARCHAR NOT NULL,                      -- which answer the reviewer saw on the left
    reviewed_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE signoffs (
    signoff_id VARCHAR NOT NULL,
    number BIGINT NOT NULL,                         -- place in the chain, from 1
    previous_hash VARCHAR NOT NULL,
    record VARCHAR NOT NULL,                        -- canonical JSON: what was signed
    record_hash VARCHAR NOT NULL,                   -- SHA-256 of previous_hash and record
    signed_at TIMESTAMPTZ NOT NULL
);

-- The review that counts: a person's newest word on a pair. The newest of several reviewers wins.
CREATE VIEW current_reviews AS
SELECT * FROM reviews
QUALIFY row_number() OVER (PARTITION BY pair_id ORDER BY reviewed_at DESC, review_id DESC) = 1;

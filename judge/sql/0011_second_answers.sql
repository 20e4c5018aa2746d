-- What production answers to a stored request when it is asked again, and who then differs from its first answer under
-- one set of checks: the noise floor.
CREATE TABLE second_answers (
    pair_id VARCHAR NOT NULL,
    workflow VARCHAR NOT NULL,
    fingerprint VARCHAR NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    topic VARCHAR NOT NULL,
    "partition" INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    model VARCHAR NOT NULL,                         -- fingerprint of the model that was asked
    completion VARCHAR NOT NULL,                    -- JSON of connectors.types.Completion
    error VARCHAR,                                  -- why there is no second answer; such a row does not count
    checks_version VARCHAR NOT NULL,
    self_differs BOOLEAN NOT NULL,                  -- production's second answer from its first
    candidate_differs BOOLEAN NOT NULL,             -- the candidate's answer from production's first
    asked_at TIMESTAMPTZ NOT NULL
);

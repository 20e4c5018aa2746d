-- What the sampling plan needs to know of a pair, what it offered to whom, and which judge is the configured one.

-- Slices: where a candidate may be ready before it is ready everywhere.
ALTER TABLE checked ADD COLUMN length VARCHAR;      -- of the prompt: short, medium, long
ALTER TABLE checked ADD COLUMN language VARCHAR;    -- the tag `language`, else the script of the prompt
ALTER TABLE checked ADD COLUMN tools VARCHAR;       -- tools, no tools
ALTER TABLE checked ADD COLUMN slice_tags VARCHAR;  -- JSON of the tags with short values

-- Only a label that the plan offered may count as a random one: a reviewer's own pick confirms that pair alone.
ALTER TABLE reviews ADD COLUMN reason VARCHAR;      -- confirm, audit, random, control, own; NULL: own
ALTER TABLE reviews ADD COLUMN inclusion_probability DOUBLE;
ALTER TABLE reviews ADD COLUMN epoch VARCHAR;       -- the judge's, when it was offered
ALTER TABLE reviews ADD COLUMN claim_id VARCHAR;

-- A pair that a reviewer holds until `expires_at`, so that two do not hold the same. Of two claims at once the one
-- stored first holds.
CREATE TABLE claims (
    claim_id VARCHAR NOT NULL,
    pair_id VARCHAR NOT NULL,
    workflow VARCHAR NOT NULL,
    fingerprint VARCHAR NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    reviewer VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    stratum VARCHAR NOT NULL,
    inclusion_probability DOUBLE NOT NULL,
    epoch VARCHAR,
    claimed_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);

-- How much of planted personal data the scrubber of a workflow let through; one row a kind, those of one trial share its
-- time. The values were made up and are kept nowhere.

CREATE TABLE leaks (
    workflow VARCHAR NOT NULL,
    scrub_version VARCHAR NOT NULL,                 -- as on the pairs
    tried_at TIMESTAMPTZ NOT NULL,
    kind VARCHAR NOT NULL,
    is_name BOOLEAN NOT NULL,                       -- found by a recogniser, which misses some; else by its form
    planted BIGINT NOT NULL,
    leaked BIGINT NOT NULL                          -- of which any part was left
);

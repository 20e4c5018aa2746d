-- How the judge is measured: against itself, and on defects that were made for it.

-- One row for each question that was asked a second time, in the same order.
CREATE TABLE repeats (
    repeat_id VARCHAR NOT NULL,
    pair_id VARCHAR NOT NULL,
    workflow VARCHAR NOT NULL,
    fingerprint VARCHAR NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    epoch VARCHAR NOT NULL,
    judge VARCHAR NOT NULL,
    first_shown VARCHAR NOT NULL,                   -- production, candidate
    before VARCHAR,                                 -- the choice of the verdict; NULL: not one of the choices
    again VARCHAR,
    repeated_at TIMESTAMPTZ NOT NULL
);

-- One row for each good answer that was spoilt and shown to the judge as the candidate's. Never a label of any pair.
CREATE TABLE seeded (
    seeded_id VARCHAR NOT NULL,
    pair_id VARCHAR NOT NULL,                       -- whose production answer was spoilt
    workflow VARCHAR NOT NULL,
    fingerprint VARCHAR NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    epoch VARCHAR NOT NULL,
    mutation VARCHAR NOT NULL,
    outcome VARCHAR NOT NULL,
    worst VARCHAR NOT NULL,
    seeded_at TIMESTAMPTZ NOT NULL
);

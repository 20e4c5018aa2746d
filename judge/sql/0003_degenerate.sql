-- What a look at a candidate's newest answers found, one row a tell; the rows of one look share its time. No text of
-- anybody's is kept here.

CREATE TABLE degenerate (
    workflow VARCHAR NOT NULL,
    fingerprint VARCHAR NOT NULL,
    looked_at TIMESTAMPTZ NOT NULL,
    tell VARCHAR NOT NULL,                          -- empty, constant, cut short, copied, looping, to a judge
    candidate_answers BIGINT NOT NULL,              -- that show it
    production_answers BIGINT NOT NULL,             -- to the same requests that show it
    requests BIGINT NOT NULL,                       -- distinct ones of the window
    flagged BOOLEAN NOT NULL,
    sentence VARCHAR NOT NULL
);

-- What the bounds were over time: a phase as the scorer read it, when its state changed and every hour. For people to look
-- at; no decision rests on it, and each row can be computed again from the evidence as of its time.

CREATE TABLE readings (
    workflow VARCHAR NOT NULL,
    fingerprint VARCHAR NOT NULL,
    phase VARCHAR NOT NULL,
    line VARCHAR NOT NULL,                          -- a line that is a rate with a budget
    value DOUBLE,
    lower DOUBLE,
    upper DOUBLE,
    budget DOUBLE NOT NULL,
    state VARCHAR NOT NULL,                         -- of the line
    phase_state VARCHAR NOT NULL,
    read_at TIMESTAMPTZ NOT NULL
);

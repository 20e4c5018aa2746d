-- What asking the judge costs, and what it said: every call is entered before it is made and again when it has ended.

-- Two rows a call: `reserved` (the most it may cost) before it is sent, `settled` (what it did cost) afterwards. A call
-- without a second row was cut off, by kill -9 say, and counts as what was reserved for it. Rows outlive the pair they
-- speak of and hold nothing of its text.
CREATE TABLE ledger (
    call_id VARCHAR NOT NULL,
    entry VARCHAR NOT NULL,                         -- reserved, settled
    workflow VARCHAR NOT NULL,
    about_pair VARCHAR,                             -- pair_id; NULL: the judge's self-test
    model VARCHAR NOT NULL,                         -- fingerprint of the judge
    question VARCHAR NOT NULL,                      -- hash of all that may change the reply
    result VARCHAR,                                 -- of a settled call: answered, failed, cached
    input_tokens BIGINT,
    output_tokens BIGINT,
    cached_tokens BIGINT,
    usd DOUBLE,                                     -- NULL: the judge has no prices
    error VARCHAR,
    entered_at TIMESTAMPTZ NOT NULL
);

-- What the judge replied, so that the same question is never paid for twice.
CREATE TABLE replies (
    question VARCHAR NOT NULL,
    model VARCHAR NOT NULL,
    call_id VARCHAR NOT NULL,
    pair_id VARCHAR NOT NULL,                       -- of the pair for which it was asked first
    workflow VARCHAR NOT NULL,
    completion VARCHAR NOT NULL,                    -- JSON of connectors.types.Completion
    replied_at TIMESTAMPTZ NOT NULL
);

-- One row a call: what it cost, or may have.
CREATE VIEW judge_calls AS
SELECT call_id, workflow, about_pair, model, question,
    coalesce(max(result), 'open') AS result,
    coalesce(max(usd) FILTER (entry = 'settled'), max(usd) FILTER (entry = 'reserved')) AS usd,
    max(input_tokens) FILTER (entry = 'settled') AS input_tokens,
    max(output_tokens) FILTER (entry = 'settled') AS output_tokens,
    max(cached_tokens) FILTER (entry = 'settled') AS cached_tokens,
    max(error) AS error,
    min(entered_at) AS reserved_at
FROM ledger GROUP BY call_id, workflow, about_pair, model, question;

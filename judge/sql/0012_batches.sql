-- Calls to a judge that were sent as one file. Rows of a batch: `sending` is stored before anything is sent, `sent` with
-- the server's id before anybody waits, `ended` when each of its calls is settled. A batch without `ended` is taken up
-- again by the next scorer: fetched, not sent twice.
CREATE TABLE batches (
    batch_key VARCHAR NOT NULL,                     -- ours; the server keeps it among the batch's metadata
    entry VARCHAR NOT NULL,                         -- sending, sent, ended
    model VARCHAR NOT NULL,                         -- fingerprint of the judge
    batch_id VARCHAR,                               -- the server's, from `sent` on
    calls VARCHAR[] NOT NULL,                       -- call_id of each line, as in ledger
    status VARCHAR,                                 -- of an ended batch: completed, expired, failed, cancelled, gone, unsent
    entered_at TIMESTAMPTZ NOT NULL
);

-- When the evidence on a defect budget first reached a level that a phase asks for: the decision stays valid if the
-- evidence falls later. `cell` has the counts of that time, so that the evidence can be worked out again from them, and
-- they from the rows stored by then.
CREATE TABLE crossings (
    workflow VARCHAR NOT NULL,
    fingerprint VARCHAR NOT NULL,
    checks_version VARCHAR NOT NULL,
    epoch VARCHAR NOT NULL,                         -- of the judge; empty where there is none
    severity VARCHAR NOT NULL,                      -- this or worse
    side VARCHAR NOT NULL,                          -- promote: below the budget; reject: above it
    level DOUBLE NOT NULL,                          -- E, as the phase asks for
    log_e DOUBLE NOT NULL,                          -- natural log of the evidence found
    counted_at TIMESTAMPTZ NOT NULL,                -- rows stored later are not in the counts
    cell VARCHAR NOT NULL,                          -- JSON of judge.statistics.cell.Cell
    seen_at TIMESTAMPTZ NOT NULL
);

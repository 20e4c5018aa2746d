-- What makes a verdict comparable with others, what each order said, and what each of several judges said.

ALTER TABLE verdicts ADD COLUMN setup VARCHAR;                      -- hash of what is configured; older rows count no more
ALTER TABLE verdicts ADD COLUMN judges VARCHAR;                     -- JSON: judge to (fingerprint, model as served)
ALTER TABLE verdicts ADD COLUMN judge VARCHAR;                      -- whose word the choices and replies are
ALTER TABLE verdicts ADD COLUMN worst VARCHAR;                      -- the flag J: the worst outcome of both orders
ALTER TABLE verdicts ADD COLUMN escalated BOOLEAN;                  -- the strong judge decided
ALTER TABLE verdicts ADD COLUMN outcome_production_first VARCHAR;   -- of this order alone; NULL where one answer is shown
ALTER TABLE verdicts ADD COLUMN outcome_candidate_first VARCHAR;
ALTER TABLE verdicts ADD COLUMN panel VARCHAR;                      -- JSON list, where several judges were asked

-- One row for each judge that was asked about a pair.
CREATE VIEW judgements AS
SELECT verdict_id, pair_id, workflow, fingerprint, occurred_at, setup, epoch, stratum, judged_at,
    unnest(from_json(panel, '[{"judge": "VARCHAR", "judge_model": "VARCHAR", "outcome": "VARCHAR",
        "order_flip": "BOOLEAN", "outcome_production_first": "VARCHAR", "outcome_candidate_first": "VARCHAR",
        "choice_production_first": "VARCHAR", "choice_candidate_first": "VARCHAR", "error": "VARCHAR",
        "input_tokens": "BIGINT", "output_tokens": "BIGINT", "latency_ms": "DOUBLE"}]'), max_depth := 2)
FROM verdicts WHERE panel IS NOT NULL
UNION ALL BY NAME
SELECT verdict_id, pair_id, workflow, fingerprint, occurred_at, setup, epoch, stratum, judged_at,
    judge, judge_model, outcome, order_flip, outcome_production_first, outcome_candidate_first,
    choice_production_first, choice_candidate_first, error, input_tokens, output_tokens, latency_ms
FROM verdicts WHERE panel IS NULL;

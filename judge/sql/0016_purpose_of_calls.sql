-- What a call of the ledger was for: production asked again costs money as the judge does, and is counted apart.

ALTER TABLE ledger ADD COLUMN purpose VARCHAR;         -- noise_floor; NULL: the judge

CREATE OR REPLACE VIEW judge_calls AS
SELECT call_id, workflow, about_pair, model, question,
    coalesce(max(result), 'open') AS result,
    coalesce(max(usd) FILTER (entry = 'settled'), max(usd) FILTER (entry = 'reserved')) AS usd,
    max(input_tokens) FILTER (entry = 'settled') AS input_tokens,
    max(output_tokens) FILTER (entry = 'settled') AS output_tokens,
    max(cached_tokens) FILTER (entry = 'settled') AS cached_tokens,
    max(error) AS error,
    min(entered_at) AS reserved_at
FROM ledger WHERE purpose IS NULL GROUP BY call_id, workflow, about_pair, model, question;

-- One row a second call to production.
CREATE VIEW second_calls AS
SELECT call_id, workflow, about_pair, model,
    coalesce(max(result), 'open') AS result,
    coalesce(max(usd) FILTER (entry = 'settled'), max(usd) FILTER (entry = 'reserved')) AS usd,
    max(input_tokens) FILTER (entry = 'settled') AS input_tokens,
    max(output_tokens) FILTER (entry = 'settled') AS output_tokens
FROM ledger WHERE purpose = 'noise_floor' GROUP BY call_id, workflow, about_pair, model;

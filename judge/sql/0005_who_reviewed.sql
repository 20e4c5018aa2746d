-- From which session a review came, and whether a login proved who gave it. No defaults: DuckDB 1.5 commits no
-- transaction that adds a second column to a table with rows after one that has a default.

ALTER TABLE reviews ADD COLUMN authenticated BOOLEAN;
ALTER TABLE reviews ADD COLUMN session VARCHAR;

UPDATE reviews SET authenticated = false, session = '';

CREATE OR REPLACE VIEW current_reviews AS
SELECT * FROM reviews
QUALIFY row_number() OVER (PARTITION BY pair_id ORDER BY reviewed_at DESC, review_id DESC) = 1;

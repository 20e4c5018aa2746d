-- From which session a review came, and whether a login proved who gave it.

ALTER TABLE reviews ADD COLUMN authenticated BOOLEAN DEFAULT false;
ALTER TABLE reviews ADD COLUMN session VARCHAR DEFAULT '';

CREATE OR REPLACE VIEW current_reviews AS
SELECT * FROM reviews
QUALIFY row_number() OVER (PARTITION BY pair_id ORDER BY reviewed_at DESC, review_id DESC) = 1;

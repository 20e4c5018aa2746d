-- Pairs that neither the judge nor a person can read, since their texts are not kept.

ALTER TABLE checked ADD COLUMN textless BOOLEAN;       -- NULL: the texts are kept

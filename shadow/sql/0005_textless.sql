-- Pairs of a workflow that drops its texts: what its checks found is stored with the pair, in the same row, so that no
-- kill can part the two. The scorer makes its rows of that.

ALTER TABLE pairs ADD COLUMN examined_by VARCHAR;      -- checks_version; NULL: the texts are kept
ALTER TABLE pairs ADD COLUMN examined VARCHAR;         -- JSON of judge.scoring.examined

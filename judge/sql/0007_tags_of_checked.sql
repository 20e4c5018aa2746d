-- The tags of the captured call on the narrow table: failures are counted by slice without reading the pairs.

ALTER TABLE checked ADD COLUMN tags VARCHAR;           -- JSON, as in pairs

UPDATE checked SET tags = pairs.tags FROM pairs WHERE pairs.pair_id = checked.pair_id;

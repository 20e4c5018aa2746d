-- Which record a checked pair is of: what is unchecked, and what was checked twice, is then a matter of bits for each
-- record, and not of comparing ids.

ALTER TABLE checked ADD COLUMN topic VARCHAR;
ALTER TABLE checked ADD COLUMN "partition" INTEGER;
ALTER TABLE checked ADD COLUMN "offset" BIGINT;

UPDATE checked SET topic = pairs.topic, "partition" = pairs."partition", "offset" = pairs."offset"
FROM pairs WHERE pairs.pair_id = checked.pair_id;

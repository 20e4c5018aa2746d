-- How long work has waited: of the scorer, how long the judge's queue has not been empty. NULL: nothing waits.

ALTER TABLE heartbeats ADD COLUMN oldest_waiting_s DOUBLE;

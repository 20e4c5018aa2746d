-- A reply whose reason plainly says the opposite of its choice: for people to look at, it changes no outcome.
-- NULL: judged before this was looked at.

ALTER TABLE verdicts ADD COLUMN contradicts_itself BOOLEAN;

-- Message numbers begin at 0, so "no message is summarised" is -1.
ALTER TABLE session ALTER COLUMN summary_through SET DEFAULT -1;
UPDATE session SET summary_through = -1 WHERE summary IS NULL;

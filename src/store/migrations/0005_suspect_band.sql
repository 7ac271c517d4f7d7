-- What a list by age is read off: the risk without what tells suspects of one band apart, that is, divided by 1000000000000000. A column,
-- because PostgreSQL knows of a quotient neither how often it occurs nor that an index holds it: it took the index by risk, and sorted.
ALTER TABLE suspect_scope ADD COLUMN band BIGINT NOT NULL DEFAULT 9;
UPDATE suspect_scope SET band = risk / 1000000000000000;
DROP INDEX suspect_scope_by_age;
CREATE INDEX suspect_scope_by_age ON suspect_scope (scope, rule, state, band, sequence);

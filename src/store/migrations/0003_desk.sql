-- The fraud-review desk: how suspects are worked on, weighed, found and counted; and what the ministry sends down. One text for SQLite
-- and PostgreSQL. What is called sealed is encrypted; *_index are keyed hashes; times are Unix milliseconds.

-- A scope's own view of a suspect: where the desk of its province stands, its risk, and whose it is. The default risk says that nobody
-- has weighed it yet. A scope that spans provinces shows the desk that is least far.
ALTER TABLE suspect_scope ADD COLUMN state TEXT NOT NULL DEFAULT 'open';
ALTER TABLE suspect_scope ADD COLUMN risk BIGINT NOT NULL DEFAULT 9000000000000000;
ALTER TABLE suspect_scope ADD COLUMN assignee TEXT;

-- Each list is read off one of these, rule by rule and state by state: by risk, by age within a band (the quotient), or of one person.
CREATE INDEX suspect_scope_by_risk ON suspect_scope (scope, rule, state, risk, sequence);
CREATE INDEX suspect_scope_by_age ON suspect_scope (scope, rule, state, (risk / 1000000000000000), sequence);
CREATE INDEX suspect_scope_by_assignee ON suspect_scope (assignee, scope, state, risk, sequence, rule) WHERE assignee IS NOT NULL;
CREATE INDEX suspect_scope_by_sequence ON suspect_scope (sequence);
CREATE INDEX suspect_by_first_claim ON suspect (first_claim) WHERE first_claim IS NOT NULL;

-- The desk of each province that a suspect concerns; none while nobody has touched it. A judgment that was the only one is every desk's.
CREATE TABLE suspect_desk (
    sequence   BIGINT NOT NULL REFERENCES suspect (sequence),
    province   TEXT NOT NULL,
    state      TEXT NOT NULL,
    version    BIGINT NOT NULL,
    assignee   TEXT,
    due_at     BIGINT,
    escalation BIGINT NOT NULL,
    -- Of the judgment: why it was dismissed, the words, who and when.
    reason     TEXT,
    words      TEXT,
    judged_by  TEXT,
    judged_at  BIGINT,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (sequence, province),
    CHECK (state NOT IN ('confirmed', 'dismissed') OR (judged_by IS NOT NULL AND words IS NOT NULL))
);

CREATE INDEX suspect_desk_due ON suspect_desk (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX suspect_desk_due_in ON suspect_desk (province, due_at) WHERE due_at IS NOT NULL;
-- What may still go a level up: those that are as high as they can go are never looked at again.
CREATE INDEX suspect_desk_late ON suspect_desk (due_at) WHERE due_at IS NOT NULL AND escalation < 3;

-- Suspects that each of two provinces has closed, and whether both claims may still pay: set when it is closed, looked at again and again.
CREATE TABLE suspect_closed_twice (
    sequence BIGINT NOT NULL PRIMARY KEY REFERENCES suspect (sequence),
    alarm    BIGINT NOT NULL
);

CREATE INDEX suspect_closed_twice_alarm ON suspect_closed_twice (sequence) WHERE alarm = 1;

INSERT INTO suspect_desk (
    sequence, province, state, version, escalation, reason, words, judged_by, judged_at, changed_at)
SELECT DISTINCT scope.sequence, scope.scope, judgment.state, 2, 0, NULL, judgment.reason, judgment.judged_by, judgment.judged_at,
    judgment.judged_at
FROM suspect_judgment AS judgment, suspect, suspect_scope AS scope
WHERE suspect.suspect_id = judgment.suspect_id AND scope.sequence = suspect.sequence AND scope.scope LIKE '%0000'
    AND scope.scope <> '000000';

INSERT INTO suspect_closed_twice (sequence, alarm)
SELECT sequence, 1 FROM suspect_desk GROUP BY sequence HAVING COUNT(*) > 1;

UPDATE suspect_scope SET state = (
    SELECT judgment.state FROM suspect_judgment AS judgment, suspect
    WHERE suspect.suspect_id = judgment.suspect_id AND suspect.sequence = suspect_scope.sequence)
WHERE sequence IN (
    SELECT suspect.sequence FROM suspect_judgment AS judgment, suspect WHERE suspect.suspect_id = judgment.suspect_id);

DROP TABLE suspect_judgment;

-- What was done at a desk, in its order: never changed.
CREATE TABLE suspect_event (
    sequence BIGINT NOT NULL,
    province TEXT NOT NULL,
    version  BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    -- Absent for the node's own steps.
    person   TEXT,
    step     TEXT NOT NULL,
    -- The assignee, the reason or the new fact, as the step has it.
    detail   TEXT NOT NULL,
    words    TEXT NOT NULL,
    PRIMARY KEY (sequence, province, version)
);

-- What is at stake, as last weighed. Derived: made anew from claims and evidence whenever one of the claims moves.
CREATE TABLE suspect_stake (
    sequence    BIGINT NOT NULL PRIMARY KEY REFERENCES suspect (sequence),
    band        TEXT NOT NULL,
    amount_fen  BIGINT NOT NULL,
    weight      BIGINT NOT NULL,
    risk        BIGINT NOT NULL,
    -- The last day on which the claim must be paid, where it has one.
    due_on      TEXT,
    weighed_at  BIGINT NOT NULL,
    -- When time alone changes it; absent where it does not.
    weigh_at    BIGINT
);

CREATE INDEX suspect_stake_due ON suspect_stake (weigh_at) WHERE weigh_at IS NOT NULL;

-- By what a suspect is found, and by what suspects hang together: claims, enterprises, persons, names, accounts, phones.
CREATE TABLE suspect_key (
    key_index BYTEA NOT NULL,
    sequence  BIGINT NOT NULL,
    PRIMARY KEY (key_index, sequence)
);

-- The words of a suspect enterprise's name, keyed.
CREATE TABLE enterprise_term (
    term_index BYTEA NOT NULL,
    enterprise TEXT NOT NULL,
    PRIMARY KEY (term_index, enterprise)
);

-- How many suspects stand where, and with how much money: counted as they move, so that nobody counts a million.
CREATE TABLE suspect_tally (
    scope      TEXT NOT NULL,
    rule       TEXT NOT NULL,
    state      TEXT NOT NULL,
    band       TEXT NOT NULL,
    suspects   BIGINT NOT NULL,
    amount_fen BIGINT NOT NULL,
    PRIMARY KEY (scope, rule, state, band)
);

-- What happened in which week (its Monday in China, in days since 1970-01-01): `opened`, `confirmed`, `dismissed:` and why, or `reopened:`
-- and what it was before.
CREATE TABLE suspect_flow (
    scope    TEXT NOT NULL,
    monday   BIGINT NOT NULL,
    rule     TEXT NOT NULL,
    event    TEXT NOT NULL,
    suspects BIGINT NOT NULL,
    PRIMARY KEY (scope, monday, rule, event)
);

-- Those that were there before anybody counted. Day 0 was a Thursday; China is eight hours ahead.
INSERT INTO suspect_tally (scope, rule, state, band, suspects, amount_fen)
SELECT scope, rule, state, 'nothing', COUNT(*), 0 FROM suspect_scope GROUP BY scope, rule, state;

INSERT INTO suspect_flow (scope, monday, rule, event, suspects)
SELECT scope, day - (day + 3) % 7, rule, event, COUNT(*)
FROM (
    SELECT scope.scope AS scope, (suspect.opened_at / 1000 + 28800) / 86400 AS day, scope.rule AS rule, 'opened' AS event
    FROM suspect_scope AS scope, suspect WHERE suspect.sequence = scope.sequence
    UNION ALL
    SELECT scope.scope, (desk.judged_at / 1000 + 28800) / 86400, scope.rule, scope.state
    FROM suspect_scope AS scope, (
        SELECT sequence, MAX(judged_at) AS judged_at FROM suspect_desk WHERE judged_at IS NOT NULL GROUP BY sequence) AS desk
    WHERE desk.sequence = scope.sequence AND scope.state IN ('confirmed', 'dismissed')) AS happened
GROUP BY scope, day - (day + 3) % 7, rule, event;

-- How far the desk's derived tables follow the suspects and the audit log; and how often they were written, so that of two replicas that
-- read the same, one writes.
CREATE TABLE desk_progress (
    name     TEXT NOT NULL PRIMARY KEY,
    sequence BIGINT NOT NULL
);

INSERT INTO desk_progress (name, sequence) VALUES ('suspects', 0), ('claims', 0), ('written', 0);
-- Up to which suspects those that nobody took up in time went a level up.
INSERT INTO desk_progress (name, sequence) VALUES ('deadlines', 0);

-- How many people a person looked at in the open, by day in China.
CREATE TABLE unmask_day (
    person   TEXT NOT NULL,
    day      TEXT NOT NULL,
    unmasked BIGINT NOT NULL,
    PRIMARY KEY (person, day)
);

-- A person's saved views of the list: the query part of an address, sealed, because it may search for a person's name.
CREATE TABLE desk_view (
    person   TEXT NOT NULL,
    name     TEXT NOT NULL,
    sealed   BYTEA NOT NULL,
    saved_at BIGINT NOT NULL,
    PRIMARY KEY (person, name)
);

-- Who held or wanted a slot, and gave it back for good: refused or withdrawn. So that a person's or an enterprise's claims are found
-- by an index all their lives; graduates' from before this table are taken over, the others are not known by a key of their own.
CREATE TABLE slot_past (
    key_index BYTEA NOT NULL,
    claim_id  BYTEA NOT NULL,
    unit      BIGINT NOT NULL,
    PRIMARY KEY (key_index, claim_id, unit)
);

INSERT INTO slot_past (key_index, claim_id, unit)
SELECT person_index, claim_id, -1 FROM claim WHERE state IN ('refused', 'withdrawn') AND person_index IS NOT NULL;

-- 疑点数据: what the ministry sent down, each record once.
CREATE TABLE suspect_record (
    -- Of who sent it, the place and the ministry's number.
    record_index BYTEA NOT NULL PRIMARY KEY,
    -- The place of its entry in the audit log.
    sequence     BIGINT NOT NULL UNIQUE,
    kind         TEXT NOT NULL,
    -- The province, city or county that it was sent to.
    region       TEXT NOT NULL,
    city         TEXT NOT NULL,
    province     TEXT NOT NULL,
    -- Why it fits no claim; absent where it fits some.
    unmatched    TEXT,
    received_at  BIGINT NOT NULL,
    sealed       BYTEA NOT NULL
);

CREATE INDEX suspect_record_by_region ON suspect_record (region, sequence);
CREATE INDEX suspect_record_by_city ON suspect_record (city, sequence);
CREATE INDEX suspect_record_by_province ON suspect_record (province, sequence);

-- The claims that a record fits, and the suspects that stand for it.
CREATE TABLE suspect_record_match (
    record_index     BYTEA NOT NULL REFERENCES suspect_record (record_index),
    suspect_sequence BIGINT NOT NULL,
    claim_id         BYTEA NOT NULL,
    -- 1 where the suspect was judged already when the record came.
    judged           BIGINT NOT NULL,
    PRIMARY KEY (record_index, suspect_sequence, claim_id)
);

CREATE INDEX suspect_record_by_suspect ON suspect_record_match (suspect_sequence);

-- Who acted or read, where the entry says so.
CREATE TABLE audit_person (
    person   TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (person, sequence)
);

CREATE INDEX audit_by_subject ON audit_entry (subject_id, sequence) WHERE subject_id IS NOT NULL;
CREATE INDEX audit_by_day ON audit_entry (at, sequence);

-- Claims, their slots and suspects, and the audit log. One text for SQLite and PostgreSQL: TEXT, BIGINT and BYTEA alone.
-- Times are Unix milliseconds; names are UUIDs of 16 bytes; what is called sealed or decision is encrypted; *_index are keyed hashes.

CREATE TABLE store_setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
);

-- One row: the end of the audit chain. Every writing transaction takes it first, so that sequences have no gaps and follow commits.
CREATE TABLE audit_head (
    head             BIGINT NOT NULL PRIMARY KEY,
    sequence         BIGINT NOT NULL,
    hash             BYTEA NOT NULL,
    suspect_sequence BIGINT NOT NULL
);

CREATE TABLE audit_entry (
    sequence     BIGINT NOT NULL PRIMARY KEY,
    at           BIGINT NOT NULL,
    actor        TEXT NOT NULL,
    action       TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id   BYTEA,
    region       TEXT NOT NULL,
    state        TEXT,
    version      BIGINT,
    detail       TEXT NOT NULL,
    prev_hash    BYTEA NOT NULL,
    hash         BYTEA NOT NULL
);

-- What was asked under which request id: a repeated request is answered, never done again. Id and digest are keyed hashes.
CREATE TABLE request (
    request_index BYTEA NOT NULL PRIMARY KEY,
    content_index BYTEA NOT NULL,
    kind          TEXT NOT NULL,
    subject_id    BYTEA NOT NULL,
    at            BIGINT NOT NULL
);

CREATE TABLE claim (
    claim_id          BYTEA NOT NULL PRIMARY KEY,
    state             TEXT NOT NULL,
    version           BIGINT NOT NULL,
    -- When to assess it next; absent unless it is being assessed.
    next_attempt_at   BIGINT,
    attempts          BIGINT NOT NULL,
    region            TEXT NOT NULL,
    city              TEXT NOT NULL,
    province          TEXT NOT NULL,
    enterprise        TEXT NOT NULL,
    subsidy           TEXT NOT NULL,
    sheet_id          TEXT NOT NULL,
    sheet_version     BIGINT NOT NULL,
    -- Its place in the order of receipt: who was earlier stands before.
    received_sequence BIGINT NOT NULL,
    received_at       BIGINT NOT NULL,
    changed_at        BIGINT NOT NULL,
    due_on            TEXT,
    person_index      BYTEA,
    account_index     BYTEA,
    phone_index       BYTEA,
    decision          BYTEA,
    sealed            BYTEA NOT NULL
);

-- What lists filter by is in the index, so that they touch no claim but those they show, and counts touch none. Each index grows at
-- few places: one by county or by enterprise would write a page of its own for nearly every claim of a commit.
CREATE INDEX claim_by_city ON claim (city, claim_id, state, region, enterprise);
CREATE INDEX claim_by_province ON claim (province, claim_id, state, region, enterprise);
CREATE INDEX claim_due ON claim (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

-- What is held once (I2). unit is -1 for the claim as a whole. precedence is 0 for whoever stands whenever it comes, 1 for first receipt.
CREATE TABLE slot (
    exclusion_group   TEXT NOT NULL,
    key_index         BYTEA NOT NULL,
    claim_id          BYTEA NOT NULL,
    unit              BIGINT NOT NULL,
    precedence        BIGINT NOT NULL,
    received_sequence BIGINT NOT NULL,
    UNIQUE (exclusion_group, key_index)
);

CREATE INDEX slot_by_claim ON slot (claim_id);

-- Who wanted a slot that was taken, and gets it in this order once it comes free.
CREATE TABLE slot_waiting (
    exclusion_group   TEXT NOT NULL,
    key_index         BYTEA NOT NULL,
    precedence        BIGINT NOT NULL,
    received_sequence BIGINT NOT NULL,
    claim_id          BYTEA NOT NULL,
    unit              BIGINT NOT NULL,
    PRIMARY KEY (exclusion_group, key_index, precedence, received_sequence, claim_id, unit)
);

CREATE INDEX slot_waiting_by_claim ON slot_waiting (claim_id);

-- Every decision but "not yet", with all that it was made from.
CREATE TABLE decision (
    claim_id      BYTEA NOT NULL REFERENCES claim (claim_id),
    version       BIGINT NOT NULL,
    state         TEXT NOT NULL,
    sheet_id      TEXT NOT NULL,
    sheet_version BIGINT NOT NULL,
    decided_at    BIGINT NOT NULL,
    sealed        BYTEA NOT NULL,
    PRIMARY KEY (claim_id, version)
);

CREATE TABLE suspect (
    sequence     BIGINT NOT NULL PRIMARY KEY,
    suspect_id   BYTEA NOT NULL UNIQUE,
    rule         TEXT NOT NULL,
    state        TEXT NOT NULL,
    opened_at    BIGINT NOT NULL,
    first_claim  BYTEA REFERENCES claim (claim_id),
    second_claim BYTEA NOT NULL REFERENCES claim (claim_id),
    -- The cities of the claims, by which an index tells their states without touching them.
    first_city   TEXT,
    second_city  TEXT NOT NULL,
    -- The rostered worker of the second claim, or -1.
    unit         BIGINT NOT NULL,
    sealed       BYTEA NOT NULL
);

CREATE INDEX suspect_by_second_claim ON suspect (second_claim);

-- Who may see a suspect: each county, city and province of its claims, and the ministry.
CREATE TABLE suspect_scope (
    scope    TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    rule     TEXT NOT NULL,
    PRIMARY KEY (scope, sequence, rule)
);

CREATE TABLE declaration (
    declaration_id BYTEA NOT NULL PRIMARY KEY,
    region         TEXT NOT NULL,
    kind           TEXT NOT NULL,
    from_on        TEXT NOT NULL,
    until_on       TEXT,
    entered_at     BIGINT NOT NULL,
    actor          TEXT NOT NULL
);

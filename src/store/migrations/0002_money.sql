-- The money's path: approvals, filings, batches, payments, instructions, statements, the ledger and clawback cases. One text for SQLite
-- and PostgreSQL. Amounts are whole fen; months and days are ISO texts; what is called sealed is encrypted; *_hash of an approval is keyed.

-- What two people approved (I8, I9): the present approval of a claim. A change of the claim removes it; the audit log keeps what was.
-- From here to the payment a claim is known by this row, which is narrow: the claim's own row is written for its state alone.
CREATE TABLE approval (
    claim_id          BYTEA NOT NULL PRIMARY KEY REFERENCES claim (claim_id),
    -- The version of the decision that was approved.
    decision_version  BIGINT NOT NULL,
    reviewed_by       TEXT NOT NULL,
    reviewed_at       BIGINT NOT NULL,
    approved_by       TEXT,
    approved_at       BIGINT,
    evidence_hash     BYTEA NOT NULL,
    approval_hash     BYTEA NOT NULL,
    region            TEXT NOT NULL,
    city              TEXT NOT NULL,
    subsidy           TEXT NOT NULL,
    enterprise        TEXT NOT NULL,
    amount_fen        BIGINT NOT NULL CHECK (amount_fen >= 0),
    units             BIGINT NOT NULL,
    due_on            TEXT,
    received_sequence BIGINT NOT NULL,
    filing_id         BYTEA,
    batch_id          BYTEA,
    payment_id        BYTEA,
    CHECK (approved_by IS NULL OR approved_by <> reviewed_by),
    CHECK (filing_id IS NULL OR approved_by IS NOT NULL),
    CHECK (payment_id IS NULL OR batch_id IS NOT NULL)
);

-- In the order in which claims are filed: one without a last day comes after those that have one.
CREATE INDEX approval_to_file ON approval (city, region, (due_on IS NULL), due_on, received_sequence, claim_id)
    WHERE filing_id IS NULL AND approved_by IS NOT NULL;
CREATE INDEX approval_by_filing ON approval (filing_id, claim_id) WHERE filing_id IS NOT NULL;
CREATE INDEX approval_by_batch ON approval (batch_id, region, enterprise, claim_id) WHERE batch_id IS NOT NULL;
CREATE INDEX approval_by_payment ON approval (payment_id) WHERE payment_id IS NOT NULL;

-- Who may take a city further. A holder whose lease ran out writes with an old fence, and nothing of it is taken.
CREATE TABLE pooling_lease (
    city         TEXT NOT NULL PRIMARY KEY,
    holder       TEXT NOT NULL,
    fence        BIGINT NOT NULL,
    leased_until BIGINT NOT NULL
);

CREATE TABLE filing (
    filing_id     BYTEA NOT NULL PRIMARY KEY,
    region        TEXT NOT NULL,
    city          TEXT NOT NULL,
    month         TEXT NOT NULL,
    number        BIGINT NOT NULL,
    state         TEXT NOT NULL,
    claims        BIGINT NOT NULL,
    amount_fen    BIGINT NOT NULL,
    content_hash  BYTEA NOT NULL,
    filed_by      TEXT NOT NULL,
    filed_at      BIGINT NOT NULL,
    batch_id      BYTEA,
    pooled_claims BIGINT,
    pooled_fen    BIGINT,
    UNIQUE (region, month, number)
);

CREATE INDEX filing_by_city ON filing (city, state);
CREATE INDEX filing_by_batch ON filing (batch_id) WHERE batch_id IS NOT NULL;

CREATE TABLE batch (
    batch_id      BYTEA NOT NULL PRIMARY KEY,
    city          TEXT NOT NULL,
    month         TEXT NOT NULL,
    number        BIGINT NOT NULL,
    state         TEXT NOT NULL,
    claims        BIGINT NOT NULL,
    amount_fen    BIGINT NOT NULL,
    content_hash  BYTEA,
    granted_fen   BIGINT NOT NULL,
    arrived_fen   BIGINT NOT NULL,
    -- How many of its claims are funded, in the order of place, enterprise and claim.
    funded_claims BIGINT NOT NULL,
    -- Finance's own reference, and its decision as JSON.
    reference     TEXT,
    decision      TEXT,
    -- Why it stands still, as JSON.
    stopped       TEXT,
    opened_at     BIGINT NOT NULL,
    changed_at    BIGINT NOT NULL,
    UNIQUE (city, month, number)
);

CREATE TABLE batch_line (
    batch_id    BYTEA NOT NULL REFERENCES batch (batch_id),
    region      TEXT NOT NULL,
    subsidy     TEXT NOT NULL,
    enterprises BIGINT NOT NULL,
    people      BIGINT NOT NULL,
    claims      BIGINT NOT NULL,
    amount_fen  BIGINT NOT NULL,
    granted_fen BIGINT,
    PRIMARY KEY (batch_id, region, subsidy)
);

-- Claims that came out of a batch, or never got into it, and why.
CREATE TABLE left_out (
    batch_id   BYTEA NOT NULL,
    claim_id   BYTEA NOT NULL,
    at         BIGINT NOT NULL,
    region     TEXT NOT NULL,
    reason     TEXT NOT NULL,
    amount_fen BIGINT NOT NULL,
    PRIMARY KEY (batch_id, claim_id)
);

-- An obligation to pay. Transfers and payouts are one for each payee of a batch; returns are as many as there is money left over.
CREATE TABLE payment (
    payment_id    BYTEA NOT NULL PRIMARY KEY,
    batch_id      BYTEA NOT NULL REFERENCES batch (batch_id),
    kind          TEXT NOT NULL,
    number        BIGINT NOT NULL,
    payer         TEXT NOT NULL,
    city          TEXT NOT NULL,
    -- The county that the money is for, or the city itself: the place that its ledger entries are under.
    place         TEXT NOT NULL,
    payee         TEXT NOT NULL,
    state         TEXT NOT NULL,
    amount_fen    BIGINT NOT NULL CHECK (amount_fen >= 0),
    -- Booked and not come back.
    paid_fen      BIGINT NOT NULL CHECK (paid_fen >= 0),
    set_off_fen   BIGINT NOT NULL CHECK (set_off_fen >= 0),
    cause         TEXT,
    attempts      BIGINT NOT NULL,
    claims        BIGINT NOT NULL,
    version       BIGINT NOT NULL,
    changed_at    BIGINT NOT NULL,
    -- The approval of a new instruction; none while the claims' own approvals cover it.
    reviewed_by   TEXT,
    approved_by   TEXT,
    approval_hash BYTEA,
    -- Payee's account and name, and what for.
    sealed        BYTEA NOT NULL,
    UNIQUE (batch_id, kind, payer, payee, number),
    CHECK (approved_by IS NULL OR (reviewed_by IS NOT NULL AND approved_by <> reviewed_by)),
    CHECK (state <> 'approved' OR approved_by IS NOT NULL),
    CHECK (paid_fen + set_off_fen <= amount_fen)
);

CREATE INDEX payment_by_city ON payment (city, state);

-- One attempt to pay. Its id is stored before it is sent, and is the only one that is ever sent for it.
CREATE TABLE instruction (
    instruction_id  BYTEA NOT NULL PRIMARY KEY,
    payment_id      BYTEA NOT NULL REFERENCES payment (payment_id),
    attempt         BIGINT NOT NULL,
    city            TEXT NOT NULL,
    payer           TEXT NOT NULL,
    state           TEXT NOT NULL,
    amount_fen      BIGINT NOT NULL CHECK (amount_fen > 0),
    paid_fen        BIGINT NOT NULL CHECK (paid_fen >= 0),
    returned_fen    BIGINT NOT NULL CHECK (returned_fen >= 0),
    -- What the statements show of it so far.
    debited_fen     BIGINT NOT NULL,
    credited_fen    BIGINT NOT NULL,
    cause           TEXT,
    made_at         BIGINT NOT NULL,
    changed_at      BIGINT NOT NULL,
    -- The order as the bank gets it.
    sealed          BYTEA NOT NULL,
    UNIQUE (payment_id, attempt),
    CHECK (paid_fen <= amount_fen),
    CHECK (returned_fen <= paid_fen)
);

-- Of one payment, one instruction at most may still have an effect (I4).
CREATE UNIQUE INDEX instruction_open ON instruction (payment_id)
    WHERE state IN ('made', 'sending', 'accepted', 'in-doubt');
CREATE INDEX instruction_by_city ON instruction (city, state);

CREATE TABLE instruction_part (
    instruction_id BYTEA NOT NULL REFERENCES instruction (instruction_id),
    subsidy        TEXT NOT NULL,
    amount_fen     BIGINT NOT NULL CHECK (amount_fen > 0),
    PRIMARY KEY (instruction_id, subsidy)
);

CREATE TABLE statement (
    statement_id BYTEA NOT NULL PRIMARY KEY,
    region       TEXT NOT NULL,
    number       BIGINT NOT NULL,
    opening_fen  BIGINT NOT NULL,
    closing_fen  BIGINT NOT NULL,
    lines        BIGINT NOT NULL,
    credit_fen   BIGINT NOT NULL,
    debit_fen    BIGINT NOT NULL,
    -- Keyed, over what it says and not over how the file was written.
    content_hash BYTEA NOT NULL,
    posted_at    BIGINT NOT NULL,
    UNIQUE (region, number)
);

CREATE TABLE statement_line (
    region         TEXT NOT NULL,
    bank_reference TEXT NOT NULL,
    statement_id   BYTEA NOT NULL REFERENCES statement (statement_id),
    line           BIGINT NOT NULL,
    booked_on      TEXT NOT NULL,
    direction      TEXT NOT NULL,
    amount_fen     BIGINT NOT NULL CHECK (amount_fen > 0),
    -- What it fits: arrival, instruction, transfer-received, repayment; absent where it fits nothing.
    fits           TEXT,
    about          BYTEA,
    PRIMARY KEY (region, bank_reference)
);

CREATE INDEX statement_line_unmatched ON statement_line (region) WHERE fits IS NULL;

-- The ledger: one debit and one credit of one amount. Never updated, never deleted: a correction is an entry of its own.
CREATE TABLE ledger_entry (
    sequence       BIGINT NOT NULL PRIMARY KEY,
    entry_key      TEXT NOT NULL UNIQUE,
    at             BIGINT NOT NULL,
    event          TEXT NOT NULL,
    batch_id       BYTEA NOT NULL,
    city           TEXT NOT NULL,
    place          TEXT NOT NULL,
    subsidy        TEXT,
    month          TEXT NOT NULL,
    debit_kind     TEXT NOT NULL,
    debit_owner    TEXT NOT NULL,
    credit_kind    TEXT NOT NULL,
    credit_owner   TEXT NOT NULL,
    amount_fen     BIGINT NOT NULL CHECK (amount_fen > 0),
    about          BYTEA,
    CHECK (debit_kind <> credit_kind OR debit_owner <> credit_owner)
);

CREATE INDEX ledger_by_batch ON ledger_entry (batch_id, place);
CREATE INDEX ledger_by_city ON ledger_entry (city, place);
CREATE INDEX ledger_payouts ON ledger_entry (city, month) WHERE event = 'booked' AND debit_kind = 'payable';
CREATE INDEX ledger_by_about ON ledger_entry (about) WHERE about IS NOT NULL;

-- One row: where the ledger ends.
CREATE TABLE ledger_head (
    head     BIGINT NOT NULL PRIMARY KEY,
    sequence BIGINT NOT NULL
);

INSERT INTO ledger_head (head, sequence) VALUES (1, 0);

-- What a person found a suspect to be.
CREATE TABLE suspect_judgment (
    suspect_id BYTEA NOT NULL PRIMARY KEY REFERENCES suspect (suspect_id),
    state      TEXT NOT NULL,
    judged_by  TEXT NOT NULL,
    reason     TEXT NOT NULL,
    judged_at  BIGINT NOT NULL
);

CREATE TABLE clawback_case (
    case_id      BYTEA NOT NULL PRIMARY KEY,
    case_number  TEXT NOT NULL UNIQUE,
    suspect_id   BYTEA NOT NULL REFERENCES suspect (suspect_id),
    claim_id     BYTEA NOT NULL REFERENCES claim (claim_id),
    batch_id     BYTEA NOT NULL,
    -- The place whose account paid.
    region       TEXT NOT NULL,
    city         TEXT NOT NULL,
    enterprise   TEXT NOT NULL,
    subsidy      TEXT NOT NULL,
    rule         TEXT NOT NULL,
    state        TEXT NOT NULL,
    amount_fen   BIGINT NOT NULL CHECK (amount_fen > 0),
    repaid_fen   BIGINT NOT NULL CHECK (repaid_fen >= 0),
    set_off_fen  BIGINT NOT NULL CHECK (set_off_fen >= 0),
    waived_fen   BIGINT NOT NULL CHECK (waived_fen >= 0),
    set_off      BIGINT NOT NULL,
    due_on       TEXT,
    facts        TEXT NOT NULL,
    confirmed_by TEXT NOT NULL,
    drafted_by   TEXT NOT NULL,
    approved_by  TEXT,
    waiver_by    TEXT,
    waived_by    TEXT,
    drafted_at   BIGINT NOT NULL,
    demanded_at  BIGINT,
    changed_at   BIGINT NOT NULL,
    version      BIGINT NOT NULL,
    CHECK (approved_by IS NULL OR (approved_by <> drafted_by AND approved_by <> confirmed_by)),
    CHECK (waived_by IS NULL OR (waiver_by IS NOT NULL AND waived_by <> waiver_by)),
    CHECK (repaid_fen + set_off_fen + waived_fen <= amount_fen)
);

-- A claim is clawed back by one case at a time.
CREATE UNIQUE INDEX clawback_case_open ON clawback_case (claim_id) WHERE state NOT IN ('settled', 'waived', 'dropped');
CREATE INDEX clawback_case_by_claim ON clawback_case (claim_id);
CREATE INDEX clawback_case_by_region ON clawback_case (region, case_id);
CREATE INDEX clawback_case_by_enterprise ON clawback_case (enterprise, state);

CREATE TABLE clawback_event (
    case_id    BYTEA NOT NULL REFERENCES clawback_case (case_id),
    version    BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    person     TEXT NOT NULL,
    step       TEXT NOT NULL,
    text       TEXT NOT NULL,
    amount_fen BIGINT,
    PRIMARY KEY (case_id, version)
);

-- A credit of a bank account repays once.
CREATE TABLE repayment (
    region         TEXT NOT NULL,
    bank_reference TEXT NOT NULL,
    case_id        BYTEA NOT NULL REFERENCES clawback_case (case_id),
    amount_fen     BIGINT NOT NULL CHECK (amount_fen > 0),
    at             BIGINT NOT NULL,
    PRIMARY KEY (region, bank_reference)
);

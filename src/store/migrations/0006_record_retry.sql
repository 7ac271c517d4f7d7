-- 疑点数据 that fits no claim waits for one: it is tried again when a claim comes that holds, or waits for, a slot of its person or
-- enterprise.

-- When a claim that came later than the record was found to fit; absent where the record fitted at once, or fits none.
ALTER TABLE suspect_record ADD COLUMN matched_at BIGINT;
-- 0 for records from before this table, whose keys only the node can make: it tries each once, and has it wait.
ALTER TABLE suspect_record ADD COLUMN keyed BIGINT NOT NULL DEFAULT 1;
UPDATE suspect_record SET keyed = 0 WHERE unmatched IS NOT NULL;
CREATE INDEX suspect_record_unkeyed ON suspect_record (record_index) WHERE keyed = 0;

CREATE TABLE suspect_record_waiting (
    -- Of the person or enterprise, as slots have it.
    key_index    BYTEA NOT NULL,
    record_index BYTEA NOT NULL REFERENCES suspect_record (record_index),
    PRIMARY KEY (key_index, record_index)
);

-- Claims from now on are followed; those that are there are seen when a record is tried for the first time.
INSERT INTO desk_progress (name, sequence) SELECT 'records', COALESCE(MAX(sequence), 0) FROM audit_head;

-- The day on which a suspect was to be judged, as counted when it was first taken up. Of those under way it is the day they have.
ALTER TABLE suspect_desk ADD COLUMN judge_by BIGINT;
UPDATE suspect_desk SET judge_by = due_at WHERE state = 'investigating' AND escalation = 0;

-- Views under a keyed hash of their names, which may be somebody's; the name is sealed with the query. Opening the store brings over what
-- desk_view has.
CREATE TABLE saved_view (
    person     TEXT NOT NULL,
    name_index BYTEA NOT NULL,
    sealed     BYTEA NOT NULL,
    PRIMARY KEY (person, name_index)
);

-- Entries of the log from before audit_person are entered there by opening the store, some thousands at once; then this row goes.
INSERT INTO desk_progress (name, sequence) VALUES ('persons', 0);

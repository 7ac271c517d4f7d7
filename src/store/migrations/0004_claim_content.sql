-- What a claim says, and the present decision on it. Apart from the claim's row, because that one is written anew with every step along
-- the money's path, and these are four fifths of the bytes.
CREATE TABLE claim_content (
    claim_id BYTEA NOT NULL PRIMARY KEY REFERENCES claim (claim_id),
    decision BYTEA,
    sealed   BYTEA NOT NULL
);

INSERT INTO claim_content (claim_id, decision, sealed) SELECT claim_id, decision, sealed FROM claim;
ALTER TABLE claim DROP COLUMN decision;
ALTER TABLE claim DROP COLUMN sealed;

-- The claims of a payment are read in their order.
DROP INDEX approval_by_payment;
CREATE INDEX approval_by_payment ON approval (payment_id, claim_id) WHERE payment_id IS NOT NULL;

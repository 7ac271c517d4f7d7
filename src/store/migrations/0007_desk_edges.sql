-- Sums of money at stake: of suspects whose second claim, whose money it is, lies within the scope. Of the others a scope counts how many
-- there are and no more.
UPDATE suspect_tally SET amount_fen = suspect_tally.amount_fen - elsewhere.amount_fen
FROM (
    SELECT scope.scope AS scope, scope.rule AS rule, scope.state AS state, stake.band AS band,
        CAST(SUM(stake.amount_fen) AS BIGINT) AS amount_fen
    FROM suspect_scope AS scope, suspect_stake AS stake, suspect, claim
    WHERE stake.sequence = scope.sequence AND suspect.sequence = scope.sequence AND claim.claim_id = suspect.second_claim
        AND NOT CASE
            WHEN scope.scope = '000000' THEN true
            WHEN scope.scope LIKE '%0000' THEN substr(claim.region, 1, 2) = substr(scope.scope, 1, 2)
            WHEN scope.scope LIKE '%00' THEN substr(claim.region, 1, 4) = substr(scope.scope, 1, 4)
            ELSE claim.region = scope.scope
        END
    GROUP BY scope.scope, scope.rule, scope.state, stake.band) AS elsewhere
WHERE suspect_tally.scope = elsewhere.scope AND suspect_tally.rule = elsewhere.rule AND suspect_tally.state = elsewhere.state
    AND suspect_tally.band = elsewhere.band;

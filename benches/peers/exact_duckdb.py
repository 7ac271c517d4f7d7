"""Exact doubles with DuckDB: identifiers normalized, pairs of one person whose claims exclude each other, to a CSV file."""

import sys

import duckdb

WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
# The usual 18 plain characters go the short way; only the others are taken apart.
TYPED = "regexp_replace(translate(upper(resident_id), '０１２３４５６７８９Ｘｘ', '0123456789XX'), '[^0-9A-Z]', '', 'g')"
BODY = "(t[1:6] || '19' || t[7:15])"
SUM = " + ".join(f"CAST({BODY}[{at + 1}] AS INT) * {weight}" for at, weight in enumerate(WEIGHTS))
SQL = f"""
COPY (
  WITH typed AS MATERIALIZED (
    SELECT claim_id, province, uscc, subsidy, subsidy = 'retention-training' AS is_retention,
      CASE WHEN strlen(resident_id) = 18 THEN upper(resident_id) ELSE {TYPED} END AS t
    FROM source),
  claims AS MATERIALIZED (
    SELECT * EXCLUDE t,
      CASE WHEN strlen(t) = 15 AND regexp_full_match(t, '[0-9]*') THEN {BODY} || '10X98765432'[({SUM}) % 11 + 1] ELSE t END AS number
    FROM typed),
  twice AS (SELECT number, is_retention FROM claims GROUP BY ALL HAVING count(*) > 1),
  doubles AS MATERIALIZED (SELECT claims.* FROM claims SEMI JOIN twice USING (number, is_retention))
  SELECT a.claim_id AS claim_a, b.claim_id AS claim_b,
    CASE WHEN a.province <> b.province THEN 'person_two_provinces'
         WHEN a.subsidy <> b.subsidy THEN 'person_two_subsidies'
         WHEN a.uscc <> b.uscc THEN 'person_two_enterprises'
         ELSE 'person_resubmitted' END AS rule
  FROM doubles a JOIN doubles b ON a.number = b.number AND a.is_retention = b.is_retention AND a.claim_id < b.claim_id
  ORDER BY ALL
) TO '{{out}}' (HEADER)
"""


def main(source, out):
    connection = duckdb.connect()
    reader = f"read_csv('{source}', all_varchar = true, header = true)" if source.endswith(".csv") else f"read_parquet('{source}')"
    connection.execute(f"CREATE VIEW source AS SELECT * FROM {reader}")
    connection.execute(SQL.format(out=out))


if __name__ == "__main__":
    main(*sys.argv[1:])

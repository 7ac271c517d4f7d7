"""Near-identical people with Splink on DuckDB: numbers and names normalized as hufu does, claims that exclude each other alone."""

import json
import resource
import sys
import time

import duckdb
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from exact_duckdb import BODY, SUM, TYPED
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI

# An exact double is another rule's: the two numbers of a pair differ, as they stand or by their form.
CLAIMS = f"""
CREATE TABLE claims AS
WITH typed AS (
  SELECT *, CASE WHEN strlen(resident_id) = 18 THEN upper(resident_id) ELSE {TYPED} END AS t
  FROM read_csv('{{source}}', all_varchar = true, header = true)),
numbered AS (
  SELECT *, strlen(t) = 15 AS is_old,
    CASE WHEN strlen(t) = 15 AND regexp_full_match(t, '[0-9]*') THEN {BODY} || '10X98765432'[({SUM}) % 11 + 1] ELSE t END AS number
  FROM typed)
SELECT claim_id AS unique_id, subsidy = 'retention-training' AS kind, number, nullif(replace(phone, ' ', ''), '') AS phone,
  regexp_replace(regexp_replace(nfc_normalize(name), '[\\s\u200b]', '', 'g'), '[•・.‧]', '·', 'g') AS name,
  number[1:6] AS place, number[7:14] AS born, number[15:18] AS rest, number[1:9] AS head, number[10:18] AS tail, uscc
FROM numbered
"""


def settings():
    number = cl.CustomComparison(
        output_column_name="number",
        comparison_levels=[
            cll.NullLevel("number"),
            cll.DamerauLevenshteinLevel("number", 1),
            cll.DamerauLevenshteinLevel("number", 2),
            cll.DamerauLevenshteinLevel("number", 3),
            cll.ElseLevel(),
        ],
    )
    name = cl.CustomComparison(
        output_column_name="name",
        comparison_levels=[
            cll.NullLevel("name"),
            cll.ExactMatchLevel("name", term_frequency_adjustments=True),
            cll.LevenshteinLevel("name", 1),
            cll.ElseLevel(),
        ],
    )
    differs = "l.kind = r.kind and l.number <> r.number"
    block = lambda *columns: " and ".join([*(f"l.{it} = r.{it}" for it in columns), differs])
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[number, name, cl.ExactMatch("phone"), cl.ExactMatch("uscc")],
        # A slip leaves one half of the number as it was; the whole place and date, or date and rest, need no name.
        blocking_rules_to_generate_predictions=[
            block("head", "name"),
            block("tail", "name"),
            block("place", "born"),
            block("born", "rest"),
            block("place", "rest", "name"),
        ],
        retain_matching_columns=False,
    )


def main(source, out):
    started = time.monotonic()
    connection = duckdb.connect()
    connection.execute(CLAIMS.format(source=source))
    api = DuckDBAPI(connection)
    linker = Linker(api.register("claims"), settings(), log_level=40)
    linker.training.estimate_probability_two_random_records_match(
        ["l.tail = r.tail and l.name = r.name and l.kind = r.kind and l.number <> r.number"], recall=0.5)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e7, seed=7)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("born", "rest"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("head", "name"))
    pairs = linker.inference.predict(threshold_match_probability=0.01)
    connection.execute(f"""
      COPY (SELECT least(unique_id_l, unique_id_r) AS claim_a, greatest(unique_id_l, unique_id_r) AS claim_b, match_probability
            FROM {pairs.physical_name} ORDER BY ALL) TO '{out}' (HEADER)""")
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"wall": round(time.monotonic() - started, 2), "cpu": round(usage.ru_utime + usage.ru_stime, 2)}))


if __name__ == "__main__":
    main(*sys.argv[1:])

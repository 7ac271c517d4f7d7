"""Near-identical people with Splink on DuckDB: numbers and names normalized as hufu does, claims that exclude each other alone."""

import sys

import duckdb
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from exact_duckdb import BODY, SUM, TYPED, WEIGHTS
from splink import Linker, SettingsCreator
from splink.backends.duckdb import DuckDBAPI

# The check character is right (the region and the date are not looked at).
SOUND = (
    "strlen(number) = 18 AND regexp_full_match(number, '[0-9]*[0-9X]') AND number[18] = '10X98765432'[("
    + " + ".join(f"CAST(CASE WHEN number[{at + 1}] BETWEEN '0' AND '9' THEN number[{at + 1}] ELSE '0' END AS INT) * {weight}"
                 for at, weight in enumerate(WEIGHTS))
    + ") % 11 + 1]"
)
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
SELECT claim_id AS unique_id, NOT is_old AND {SOUND} AS is_sound, subsidy = 'retention-training' AS kind, number, nullif(replace(phone, ' ', ''), '') AS phone,
  regexp_replace(regexp_replace(nfc_normalize(name), '[\\s\u200b]', '', 'g'), '[•・.‧]', '·', 'g') AS name,
  number[1:6] AS place, number[7:14] AS born, number[15:18] AS rest, number[1:9] AS head, number[10:18] AS tail, uscc
FROM numbered
"""


def block(with_check, *columns):
    """Claims that exclude each other, under two numbers, alike in these columns."""
    conditions = [*(f"l.{it} = r.{it}" for it in columns), "l.kind = r.kind", "l.number <> r.number"]
    if with_check:
        # What the check character says, told to Splink as a condition: two sound numbers are two people.
        conditions.append("not (l.is_sound and r.is_sound)")
    return " and ".join(conditions)


# A slip leaves one half of the number as it was, two slips the place, the date or the rest; where the name is wrong as well, the place
# and the date together, or the date and the rest.
BLOCKS = [("head", "name"), ("tail", "name"), ("place", "name"), ("born", "name"), ("place", "born"), ("born", "rest"), ("place", "rest")]


def settings(with_check):
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
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[number, name, cl.ExactMatch("phone"), cl.ExactMatch("uscc")],
        blocking_rules_to_generate_predictions=[block(with_check, *it) for it in BLOCKS],
        retain_matching_columns=False,
    )


def main(source, out, with_check, u_pairs):
    with_check = with_check == "check"
    connection = duckdb.connect()
    connection.execute(CLAIMS.format(source=source))
    linker = Linker(DuckDBAPI(connection).register("claims"), settings(with_check), log_level=40)
    training = linker.training
    # Half of all slips are in the first nine characters.
    training.estimate_probability_two_random_records_match([block(with_check, "tail", "name")], recall=0.5)
    training.estimate_u_using_random_sampling(max_pairs=float(u_pairs), seed=7)
    training.estimate_parameters_using_expectation_maximisation(block(with_check, "born", "rest"))
    training.estimate_parameters_using_expectation_maximisation(block(with_check, "head", "name"))
    pairs = linker.inference.predict(threshold_match_probability=1e-6)
    connection.execute(f"""
      COPY (SELECT least(unique_id_l, unique_id_r) AS claim_a, greatest(unique_id_l, unique_id_r) AS claim_b, match_probability
            FROM {pairs.physical_name} ORDER BY ALL) TO '{out}' (HEADER)""")


if __name__ == "__main__":
    main(*sys.argv[1:])

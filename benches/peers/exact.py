"""Exact doubles: DuckDB and Polars on CSV and on Parquet, and hufu, in turns on the same rows; every answer is compared with the truth."""

import argparse
import csv
import pathlib
import sys

import measure

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RULES = {"person_two_provinces", "person_two_subsidies", "person_two_enterprises", "person_resubmitted"}


def pairs(path):
    with open(path, encoding="utf-8", newline="") as file:
        return {(row["claim_a"], row["claim_b"], row["rule"]) for row in csv.DictReader(file) if row["rule"] in RULES}


def main():
    parser = argparse.ArgumentParser(prog="benches/peers/run exact")
    parser.add_argument("--claims", type=pathlib.Path, default=ROOT / "target/peers/10m/claims.csv", help="with truth.csv beside it")
    parser.add_argument("--hufu", help="the release binary; without it the peers are measured alone")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", action="append", help="a run by the beginning of its name; may be given several times")
    arguments = parser.parse_args()
    claims = arguments.claims.resolve()
    parquet, out = claims.with_suffix(".parquet"), claims.parent / "pairs"
    out.mkdir(exist_ok=True)
    if not parquet.exists() or parquet.stat().st_mtime < claims.stat().st_mtime:
        print("writing the same rows as Parquet", file=sys.stderr)
        # In a process of its own: the peak of a child counts from its parent's.
        copy = f"COPY (FROM read_csv('{claims}', all_varchar = true, header = true)) TO '{parquet}' (FORMAT parquet)"
        measure.run([sys.executable, "-c", f"import duckdb; duckdb.sql(\"{copy}\")"])
    commands, answers = {}, {}
    for source in [claims, parquet]:
        for peer in ["duckdb", "polars"]:
            name = f"{peer} {source.suffix[1:]}"
            answers[name] = out / f"{name.replace(' ', '-')}.csv"
            commands[name] = [sys.executable, str(HERE / f"exact_{peer}.py"), str(source), str(answers[name])]
    if arguments.only:
        commands = {name: it for name, it in commands.items() if any(name.startswith(only) for only in arguments.only)}
    if arguments.hufu:
        answers["hufu"] = out / "hufu.csv"
        commands["hufu"] = [arguments.hufu, "reconcile", "--claims", str(claims), "--out", str(answers["hufu"]), "--json"]
    print(measure.machine())
    runs = measure.in_turns(commands, arguments.rounds)
    measure.print_table(runs, "hufu")
    truth = pairs(claims.with_name("truth.csv"))
    for name in commands:
        found = pairs(answers[name])
        print(f"{name}: {len(found)} doubles, {len(truth - found)} missed, {len(found - truth)} false")


if __name__ == "__main__":
    main()

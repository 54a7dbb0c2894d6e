#!/usr/bin/env python3
"""Compares what another program read from the plain-text books with Daybook's own answers, account by account.

    compare_books.py BALANCE.json TRIAL.json THEIRS

THEIRS has lines "ACCOUNT CODE AMOUNT"; several of one account and currency are added up.
"""
import json
import re
import sys
from collections import defaultdict
from decimal import Decimal

DECIMALS = {"CNY": 2, "JPY": 0, "KWD": 3}
OURS = {
    "receivableMinor": ("Assets:Receivable", 1),
    "unappliedMinor": ("Liabilities:Unapplied", -1),
    "depositMinor": ("Liabilities:Deposits", -1),
    "dormantMinor": ("Liabilities:Dormant", -1),
}


def spelt(customer):
    """PB1 of plain_books.h, written a second time."""
    kept = re.compile("[0-9A-Za-z\u3041-\u3096\u30a1-\u30fa\u3400-\u4db5\u4e00-\u9fef\uac00-\ud7a3]")
    return "".join(c if kept.match(c) else "".join("-%02X" % b for b in c.encode("utf-8")) for c in customer)


def main():
    balance, trial, theirs_path = sys.argv[1:]
    ours = defaultdict(Decimal)
    for row in json.load(open(balance, encoding="utf-8"))["rows"]:
        unit = Decimal(1).scaleb(-DECIMALS[row["currency"]])
        for field, (account, sign) in OURS.items():
            ours[account + ":C-" + spelt(row["customer"]), row["currency"]] = sign * int(row.get(field, 0)) * unit
    books = defaultdict(Decimal)
    for row in json.load(open(trial, encoding="utf-8"))["rows"]:
        unit = Decimal(1).scaleb(-DECIMALS[row["currency"]])
        minor = int(row.get("debitMinor", 0)) - int(row.get("creditMinor", 0))
        books[row["account"], row["currency"]] = minor * unit

    theirs = defaultdict(Decimal)
    their_books = defaultdict(Decimal)
    for line in open(theirs_path, encoding="utf-8"):
        account, currency, amount = line.split()
        theirs[account, currency] += Decimal(amount)
        their_books[account.split(":")[1], currency] += Decimal(amount)

    def check(what, left, right):
        keys = [key for key in sorted(set(left) | set(right)) if left[key] != right[key]]
        for key in keys[:5]:
            print(what, *key, "ours", left[key], "theirs", right[key], file=sys.stderr)
        return not keys

    of_customers = defaultdict(Decimal, {key: value for key, value in theirs.items() if ":C-" in key[0]})
    same = check("balance", ours, of_customers) & check("trial balance", books, their_books)
    if len([value for value in ours.values() if value]) < 40:
        sys.exit("there is too little to compare")
    sys.exit(0 if same else 1)


main()

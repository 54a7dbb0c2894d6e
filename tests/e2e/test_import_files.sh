#!/bin/bash
# Files as other programs write them, each through a map: what is right in them is taken, what is not is told.
. "$(dirname "$0")/common.sh"

# map NAME TOP RULES: each charge and payment by the sign of an amount, unless the rules say otherwise.
map() { printf '{"version": 1, %s "requests": [%s]}\n' "$2" "$3" >"$work/$1.json"; }
# opens CUSTOMER DATE
opens() {
    printf '{"command": "open_customer", "once": true, "customer": {"column": "%s"}, "effective_on": {"column": "%s"},
  "fields": {"profile": {"settlement": {"constant": "receivable"}}}}' "$1" "$2"
}

# A bank in Germany: Windows-1252, lines of its own before the header, semicolons, decimal commas, text in quotes.
map bank '"encoding": "windows-1252", "skip_lines": 4, "delimiter": ";", "decimal": ",", "grouping": ".",
  "currency": "EUR", "currency_sign": "€", "date_formats": ["DD.MM.YYYY", "DD.MM.YY"],' \
    "$(opens Auftraggeber Buchungstag),"'
  {"command": "receive_payment", "when": [{"column": "Betrag", "is": "positive"}],
   "customer": {"column": "Auftraggeber"}, "effective_on": {"column": "Buchungstag"},
   "fields": {"payment": {"column": "Referenz"}, "amount_minor": {"amount": "Betrag"}}}'
{
    printf '"Umsätze";"DE02 1203";\r\n"Zeitraum:";"01.01.2024 - 31.01.2024";\r\n\r\n"Kontostand";"5.000,00 €";\r\n'
    printf '"Buchungstag";"Auftraggeber";"Referenz";"Betrag"\r\n'
    printf '"03.01.24";"Müller & Söhne";"R-1";"1.234,50 €"\r\n'
    printf '"04.01.24";"Müller & Söhne";"R-2";"-20,00 €"\r\n'
    printf '"05.01.24";"Ärzte GmbH";"R-3";"7,00 €"\r\n'
} | iconv -f UTF-8 -t WINDOWS-1252 >"$work/bank.csv"
new_ledger bank --currency EUR
expect 0 import "$work/bank.csv" --map "$work/bank.json" --strict
out_is "rows 3 (bad 0, without a request 1), requests 4: appended 4, repeated 0, refused 0"
expect 0 balance --as-of 2024-12-31 --csv
out_has "Müller & Söhne,EUR,0.00,1234.50,"
out_has "Ärzte GmbH,EUR,0.00,7.00,"
# Without its name the encoding would be guessed as Chinese, and every name another one.
sed 's/windows-1252/auto/' "$work/bank.json" >"$work/auto.json"
expect 2 import "$work/bank.csv" --map "$work/auto.json"
err_has "line 1: not UTF-8, and not by its looks GB18030"

# An accounting program of the United States: brackets for credits, thousands, a last line of totals, no due date on
# credits; days and months are settled by the 13th.
map invoices '"date_formats": ["D/M/YYYY", "M/D/YYYY"], "grouping": ",", "currency": "USD",' \
    "$(opens Customer Date),"'
  {"command": "post_charge", "when": [{"column": "Amount", "is": "positive"}, {"column": "Type", "equals": "Invoice"}],
   "customer": {"column": "Customer"}, "effective_on": {"column": "Date"},
   "fields": {"charge": {"column": "Num"}, "amount_minor": {"amount": "Amount"},
              "due_on": {"date": "Due Date", "optional": true}}},
  {"command": "post_adjustment", "when": [{"column": "Type", "equals": "Credit Memo"}],
   "customer": {"column": "Customer"}, "effective_on": {"column": "Date"},
   "fields": {"adjustment": {"column": "Num"}, "kind": {"constant": "credit-note"}, "reason": {"constant": "memo"},
              "amount_minor": {"amount": "Amount", "absolute": true}}}'
cat >"$work/invoices.csv" <<'CSV'
Date,Type,Num,Customer,Due Date,Amount
01/02/2024,Invoice,1001,"Smith, John",02/01/2024,"1,234.56"
01/13/2024,Credit Memo,CM-7,"Smith, John",,"(234.56)"
01/14/2024,Invoice,1002,Jones,,100.00
CSV
new_ledger invoices --currency USD
expect 2 import "$work/invoices.csv" --map "$work/invoices.json"
err_has 'column "Due Date": "02/01/2024" in line 2 is 2024-01-02 by D/M/YYYY and 2024-02-01 by M/D/YYYY'
sed -i 's|"date": "Due Date", |&"format": "M/D/YYYY", |' "$work/invoices.json" # As it says.
expect 0 import "$work/invoices.csv" --map "$work/invoices.json"
out_is "rows 3 (bad 0), requests 5: appended 5, repeated 0, refused 0"
expect 0 open-items --as-of 2024-12-31 --csv
grep -q '1001,.*2024-01-02,2024-02-01,.*1234.56' "$out" || die "months come first in every row"
# The totals are no row that can be read, and stop the import until the map or whoever imports leaves them out.
{ cat "$work/invoices.csv"; echo 'TOTAL,,,,,"1,100.00"'; } >"$work/totals.csv"
expect 1 import "$work/totals.csv" --map "$work/invoices.json" --dry-run
err_has 'customer: "" is no id'
# Until the 12th nothing tells days from months.
head -n 2 "$work/invoices.csv" >"$work/early.csv"
expect 2 import "$work/early.csv" --map "$work/invoices.json"
err_has '"01/02/2024" in line 2 is 2024-02-01 by D/M/YYYY and 2024-01-02 by M/D/YYYY'

# Names of months, and a file that was cut off in its last amount.
map months '"date_formats": ["D MMM YYYY"], "currency": "USD",' \
    "$(opens Contact Date),"'{"command": "post_charge", "customer": {"column": "Contact"}, "effective_on": {"column": "Date"},
   "fields": {"charge": {"column": "Number"}, "amount_minor": {"amount": "Total"}}}'
printf 'Date,Contact,Number,Total\n31 Jan 2024,Acme,INV-1,50.00\n01 Feb 2024,Acme,INV-2,100' >"$work/cut.csv"
new_ledger months --currency USD
expect 1 import "$work/cut.csv" --map "$work/months.json" --strict
out_is "rows 2 (bad 1), requests 2: appended 0, repeated 0, refused 0; nothing was submitted"
err_has 'if it was cut off, "100" is not the whole of its last cell'
expect 0 import "$work/cut.csv" --map "$work/months.json" --json --report "$work/report.csv"
out_is '{"rows":2,"badRows":0,"requests":3,"appended":3,"repeated":0,"refused":0,"noLineEnd":true}'
grep -q '^3,,NO_LINE_END,' "$work/report.csv" || die "the report names line 3"
# The whole file then says what became of it.
printf '0.50\n' >>"$work/cut.csv"
expect 1 import "$work/cut.csv" --map "$work/months.json"
err_has "DUPLICATE_DOCUMENT"

# An accounting program of China: GB18030, a debit and a credit column of which one is empty, grouped amounts, a line of
# totals, which the map leaves out.
map ledger '"grouping": ",", "currency": "CNY",' '
  {"command": "open_customer", "once": true, "when": [{"column": "客户编码", "is": "present"}],
   "customer": {"column": "客户编码"}, "effective_on": {"column": "制单日期"},
   "fields": {"profile": {"name": {"column": "客户名称"}, "settlement": {"constant": "receivable"}}}},
  {"command": "post_charge", "when": [{"column": "客户编码", "is": "present"}, {"column": "借方金额", "is": "present"}],
   "customer": {"column": "客户编码"}, "effective_on": {"column": "制单日期"},
   "fields": {"charge": {"column": "凭证号"}, "amount_minor": {"amount": "借方金额"}}},
  {"command": "receive_payment", "when": [{"column": "客户编码", "is": "present"}, {"column": "贷方金额", "is": "present"}],
   "customer": {"column": "客户编码"}, "effective_on": {"column": "制单日期"},
   "fields": {"payment": {"column": "凭证号"}, "amount_minor": {"amount": "贷方金额"}}}'
{
    printf '制单日期,凭证号,客户编码,客户名称,摘要,借方金额,贷方金额\r\n'
    printf '2024-01-05,记-0001,="0012",朱镕记商行,销售,"12,000.00",\r\n'
    printf '2024-01-20,记-0002,="0012",朱镕记商行,收款,,"2,000.00"\r\n'
    printf '合计,,,,,"12,000.00","2,000.00"\r\n'
} | iconv -f UTF-8 -t GB18030 >"$work/ledger.csv"
new_ledger ledger --currency CNY
expect 0 import "$work/ledger.csv" --map "$work/ledger.json" --report "$work/report.csv"
out_is "rows 3 (bad 0, without a request 1), requests 3: appended 3, repeated 0, refused 0"
grep -q '^4,,NO_REQUEST,' "$work/report.csv" || die "the line of totals is not told"
expect 0 balance 0012 --as-of 2024-12-31 --csv
out_has "0012,CNY,10000.00,0.00,"

# A payment service: a title, amounts with a sign, ids with a tab so that spreadsheets leave them alone; and one that
# a spreadsheet did not.
map wallet '"skip_lines": 2, "currency": "CNY", "currency_sign": "¥", "date_formats": ["YYYY-MM-DD*"],' \
    "$(opens 交易对方 交易时间),"'{"command": "receive_payment", "customer": {"column": "交易对方"},
   "effective_on": {"column": "交易时间"},
   "fields": {"payment": {"column": "交易单号"}, "amount_minor": {"amount": "金额(元)"}}}'
{
    printf '微信支付账单明细,,,\n----------------------,,,\n'
    printf '交易时间,交易对方,交易单号,金额(元)\n'
    printf '2024-01-05 10:20:30,小王,"420000\t",¥12.50\n'
    printf '2024-01-06 10:20:30,小王,4.20000E+27,¥12.50\n'
} >"$work/wallet.csv"
new_ledger wallet --currency CNY
expect 1 import "$work/wallet.csv" --map "$work/wallet.json" --skip-bad
out_is "rows 2 (bad 1), requests 2: appended 2, repeated 0, refused 0"
err_has '"4.20000E+27" is what a spreadsheet left of it'
expect 0 open-items 小王 --as-of 2024-12-31 --csv
out_has ",420000,"

# A spreadsheet: its own numbers of days, a line for itself, and no more than that line is wrong.
map sheet '"delimiter": ";", "decimal": ",", "grouping": " ", "currency": "EUR", "date_formats": ["EXCEL"],' \
    "$(opens who day),"'{"command": "post_charge", "customer": {"column": "who"}, "effective_on": {"column": "day"},
   "fields": {"charge": {"column": "id"}, "amount_minor": {"amount": "sum"}}}'
printf 'sep=;\r\nday;who;id;sum\r\n45292;Zoé;F-1;1\xc2\xa0234,50\r\n45293;Zoé;F-2;#REF!\r\n' >"$work/sheet.csv"
new_ledger sheet --currency EUR
expect 1 import "$work/sheet.csv" --map "$work/sheet.json" --skip-bad --report "$work/report.csv"
out_is "rows 2 (bad 1), requests 2: appended 2, repeated 0, refused 0"
grep -q '^4,,BAD_ROW,.*#REF!' "$work/report.csv" || die "the report names line 4"
expect 0 open-items --as-of 2024-12-31 --csv
grep -q 'F-1,.*2024-01-01,.*1234.50' "$out" || die "45292 is the first of January 2024"
echo "files of other programs: as expected"

#!/bin/bash
# People read Chinese where they ask for it; programs read the same bytes everywhere. The catalogue is in the build tree.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/server.sh"

chinese() {
    local code=$1
    shift
    LANGUAGE=zh_CN LC_ALL=C.UTF-8 expect "$code" "$@"
}

# same COMMAND...: what it prints for programs does not depend on the reader's language, failures included.
same() {
    local code=0
    LANGUAGE='' LC_ALL=C "$daybook" "$@" >"$work/english" 2>"$work/english.err" </dev/null || code=$?
    chinese "$code" "$@"
    cmp -s "$out" "$work/english" || die "$*: the answer depends on the language"
    cmp -s "$err" "$work/english.err" || die "$*: what it says on standard error depends on the language"
}

new_ledger books --currency CNY
expect 0 customer open 张三 --name 张三贸易有限公司 --on 2024-01-02
expect 0 charge 张三 INV-1 1234.50 --on 2024-01-10 --due 2024-02-09
expect 0 deposit 张三 D1 300 --on 2024-01-10
expect 0 pay 张三 P-1 400.00 --on 2024-02-20
expect 0 credit set 张三 5000 --on 2024-01-05
expect 0 charge 张三 INV-2 10 --on 2024-03-05 --settlement receivable
figures() { grep -oE '[0-9][0-9,]*\.[0-9]{2}' "$1" | tr '\n' ' '; }

# The same figures under other headings; columns line up, since each ends where its heading does.
LANGUAGE='' LC_ALL=C expect 0 balance --as-of 2024-02-29
out_has RECEIVABLE
cp "$out" "$work/english.table"
chinese 0 balance --as-of 2024-02-29
for word in 客户 应收账款 未核销款 预存款 合计; do out_has "$word"; done
if grep -q RECEIVABLE "$out"; then die "a heading is not translated"; fi
[ "$(figures "$out")" = "$(figures "$work/english.table")" ] || die "the figures differ"
# How many cells each line takes: every character beyond ASCII here has three bytes of UTF-8, and two cells.
cells() { LC_ALL=C awk '{ line = $0; high = gsub(/[\200-\377]/, "", line); print length(line) + high * 2 / 3 }' "$1"; }
[ "$(sed -n '/客户/,$p' "$out" | cells - | sort -u | wc -l)" -eq 1 ] || die "the columns do not line up"

# No word of English is left in any table: what letters there are belong to what was entered, and to units.
while IFS= read -r command; do
    read -ra words <<<"$command"
    chinese 0 "${words[@]}"
    out_has 币种
    if grep -oE '[A-Za-z]{4,}' "$out" | grep -vx tester; then die "$command: there is English left"; fi
done <<'END'
aging --as-of 2024-12-31 --top 5 --sort overdue
open-items
history 张三
trial-balance
postings
deposits
credit show 张三
credit history 张三 --from 2024-01-31 --to 2024-12-31
credit decisions 张三
kpi --from 2024-01-31 --to 2024-03-31
lineage 张三 charge INV-1
bridge balance 张三 --from 1
bridge aging --from 1
bridge statement 张三 --from 1 --after 2024-01-01 --as-of 2024-02-29
END

# However the language is named: by a locale that this machine need not have, and not at all.
for named in LANG=zh_CN.UTF-8 LC_MESSAGES=zh_CN LC_ALL=zh_CN.GB18030 "LANGUAGE=zh_CN:en LANG=C.UTF-8"; do
    read -ra variables <<<"$named"
    env -u LANGUAGE -u LC_ALL -u LC_MESSAGES -u LANG "${variables[@]}" "$daybook" balance --as-of 2024-02-29 >"$out" 2>"$err"
    out_has 应收账款
done
for named in LANGUAGE=zh_CN "LANGUAGE=zh_CN LC_ALL=C" LANG=en_US.UTF-8 LANG=C.UTF-8 LANG=xx_YY; do
    read -ra variables <<<"$named"
    env -u LANGUAGE -u LC_ALL -u LC_MESSAGES -u LANG "${variables[@]}" "$daybook" balance --as-of 2024-02-29 >"$out" 2>"$err"
    cmp -s "$out" "$work/english.table" || die "$named: not the English table"
done

# Without its catalogue a program says everything in English.
mkdir "$work/alone"
cp "$daybook" "$(dirname "$daybook")/daybook-whole" "$work/alone"
LANG=zh_CN.UTF-8 "$work/alone/daybook" balance --as-of 2024-02-29 >"$out" 2>"$err"
cmp -s "$out" "$work/english.table" || die "without a catalogue it is not English"

# A refusal: its code stays, its meaning is told, its sentence is the value that it is everywhere.
chinese 1 charge 张三 INV-1 50
err_has "DUPLICATE_DOCUMENT"
err_has "客户"
err_has 'customer 张三 has a charge "INV-1" since event 2'
chinese 3 balance -L "$work/nowhere"
err_has "没有账本"
chinese 2 balance --nonsense
err_has "选项"

# What programs read, in answers and in failures.
same balance --as-of 2024-02-29 --json
same balance --as-of 2024-02-29 --csv
same aging --as-of 2024-02-29 --csv
same credit list --as-of 2024-02-29 --json
same history 张三 --json
same status -L "$work/nowhere" --json
same balance nobody --json
same charge 张三 INV-1 50 --key again --on 2024-01-10 --json
same export postings --format csv --as-of 2024-02-29
same export --format hledger --as-of 2024-02-29
same help man

# Views that were built, and statements that were issued, are the same whoever asked.
expect 0 digest
cp "$out" "$work/digest"
rm -rf "$DAYBOOK_LEDGER/views"
chinese 0 rebuild
expect 0 digest
cmp -s "$out" "$work/digest" || die "views that were built in Chinese differ"
cp -r "$DAYBOOK_LEDGER" "$work/twin"
expect 0 statement issue 张三 --to 2024-01-31
chinese 0 statement issue 张三 --to 2024-01-31 -L "$work/twin"
for ledger in "$DAYBOOK_LEDGER" "$work/twin"; do
    expect 0 statement list --json -L "$ledger"
    grep -q '"contentSha256":"' "$out" || die "no hash of a statement is shown"
    grep -o '"contentSha256":"[^"]*"' "$out" >"$work/hash.$(basename "$ledger")"
done
cmp -s "$work/hash.books" "$work/hash.twin" || die "a statement's hash depends on the language of who issued it"

# A server answers everybody in English, wherever it stands; who reads its refusals may be Chinese.
answers() {
    call Views/GetBalance '{"customer":"张三","at":{"asOf":"2024-02-29"}}'
    cat "$out"
    call Views/GetBalance '{"at":{"asOf":"no date"}}'
    cat "$out"
    ask /nowhere
    cat "$out"
    call Ledger/Submit '{"request":{"key":"azE=","customer":"nobody","openCustomer":{}}}'
    cat "$out"
}
LANGUAGE='' LC_ALL=C start_server
answers >"$work/english.answers"
LANGUAGE=zh_CN LC_ALL=C.UTF-8 expect 1 charge 张三 INV-1 50 --server "$url"
err_has "该客户已有此类型、此编号的单据"
stop_server
LANGUAGE=zh_CN LC_ALL=C.UTF-8 start_server
answers >"$work/chinese.answers"
stop_server
[ -s "$work/english.answers" ] || die "the server said nothing"
cmp -s "$work/english.answers" "$work/chinese.answers" || die "a server's answers depend on its locale"

# Help in Chinese is whole, and fits a terminal.
chinese 0 help
cp "$out" "$work/overview"
out_has "用法"
is_narrow() { [ "$(cells "$1" | awk '$1 > 79' | wc -l)" -eq 0 ] || die "$2 is too wide for a terminal"; }
is_narrow "$work/overview" "the overview"
sed -nE 's/^  ([a-z-]+( [a-z-]+){0,2})  +.*/\1/p' "$work/overview" | grep -v '^daybook' >"$work/commands"
[ "$(wc -l <"$work/commands")" -gt 50 ] || die "the overview lists too few commands"
while IFS= read -r command; do
    read -ra words <<<"$command"
    chinese 0 help "${words[@]}"
    is_narrow "$out" "help $command"
    if grep -qE 'Usage:|Options:|Example:' "$out"; then die "help $command is in English"; fi
done <"$work/commands"
for page in access grades refusals tables; do
    chinese 0 help "$page"
    is_narrow "$out" "help $page"
done
echo "translation: as expected"

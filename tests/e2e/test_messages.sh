#!/bin/bash
# What users read can be translated: the template has the sentences of every part, and a catalogue is made of it.
. "$(dirname "$0")/common.sh"

command -v msgfmt >/dev/null || die "gettext is missing: tools/install-deps"
template=$work/daybook.pot
"$source/tools/messages" "$template" 2>"$err" || die "no template was made"
[ ! -s "$err" ] || die "xgettext complains"
[ "$(grep -c '^msgid' "$template")" -gt 1000 ] || die "there are too few sentences"

# One said by each part, on a line that one can find in the template.
while IFS= read -r sentence; do
    grep -qF "$sentence" "$template" || die "the template lacks: $sentence"
done <<'END'
no ledger is named; give -L DIR or set DAYBOOK_LEDGER to its directory
while adding up a balance: the net does not fit 64 bits
the log's key is needed: --key KEY
there is no ledger in %s
answer every call of the schema over HTTP, by the Connect protocol
No customer of that id was opened.
Open the customer, or correct the id.
END

# What is a value of an answer, or for programs, is not offered.
while IFS= read -r sentence; do
    if grep -qF "$sentence" "$template"; then die "nobody would see it translated: $sentence"; fi
done <<'END'
customer %s has %s %s
the server is stopping; nothing of this call was done
END

# The meaning of every refusal, and what can be done, as the help prints them.
expect 0 help refusals
sed '1,/^A refused request/d; /^      /!d; s/^ *//' "$out" >"$work/explained"
tr '\n' ' ' <"$template" | sed 's/" *"//g' >"$work/whole"
lost=0
while IFS= read -r sentence; do
    grep -qF -- "$sentence" "$work/whole" || lost=$((lost + 1))
done <"$work/explained"
[ -s "$work/explained" ] && [ "$lost" -eq 0 ] || die "$lost lines of the help on refusals are not in the template"

# A catalogue in Chinese, of which one sentence is translated; its placeholders are checked against the sentence's.
translate() {
    sed 's/charset=CHARSET/charset=UTF-8/; s/nplurals=INTEGER; plural=EXPRESSION/nplurals=1; plural=0/; s/^"Language: /&zh_CN/' "$template" |
        awk -v sentence='msgid "there is no ledger in %s"' -v translated="$1" \
            '{ print } $0 == sentence { getline; print "msgstr \"" translated "\"" }' >"$work/zh_CN.po"
}
translate '%s 中没有账本'
msgfmt --check --output-file="$work/zh_CN.mo" "$work/zh_CN.po" 2>"$err" || die "the catalogue is refused"
[ "$(msgunfmt "$work/zh_CN.mo" | grep -c '中没有账本')" -eq 1 ] || die "the translation is not in the catalogue"
translate '%d 中没有账本'
! msgfmt --check --output-file="$work/zh_CN.mo" "$work/zh_CN.po" 2>"$err" || die "a false placeholder is taken"

code=0
"$source/tools/messages" >"$out" 2>"$err" || code=$?
[ "$code" -eq 2 ] && grep -q 'FILE.pot' "$err" || die "without a file: exit code $code"
echo "messages: as expected"

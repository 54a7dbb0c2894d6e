# Ages and figures straight from receivables.csv, without Daybook: what test_receivables.sh compares with.
#   awk -F, -v mode=aging -v basis=due|posting -v as_of=2012-06-30 -f receivables.awk FILE
#     CUSTOMER,NOT DUE,1-30,31-60,61-90,91-120,OVER 120,TOTAL of every customer who owes something, in cents
#   awk -F, -v mode=kpi -v from=2012-05-31 -v as_of=2012-06-30 -f receivables.awk FILE
#     NAME,HUNDREDTHS of every figure, or NAME,undefined

# Days since 1970-01-01, by the count of days before each year and month.
function days_of(year, month, day,    y, m) {
    y = month > 2 ? year : year - 1
    m = month > 2 ? month - 3 : month + 9
    return 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * m + 2) / 5) + day - 719469
}
function from_us(text,    part) { split(text, part, "/"); return days_of(part[3], part[1], part[2]) }
function from_iso(text,    part) { split(text, part, "-"); return days_of(part[1] + 0, part[2] + 0, part[3] + 0) }

function cents(text,    part, count) {
    count = split(text, part, ".")
    return part[1] * 100 + (count < 2 ? 0 : substr(part[2] "00", 1, 2))
}

# numerator / denominator in hundredths, half away from zero.
function hundredths(numerator, denominator) {
    if (denominator <= 0) return "undefined"
    if (numerator < 0) return -int((-numerator * 200 + denominator) / (2 * denominator))
    return int((numerator * 200 + denominator) / (2 * denominator))
}

function bucket_of(age) { return age <= 30 ? 1 : age <= 60 ? 2 : age <= 90 ? 3 : age <= 120 ? 4 : 5 }

BEGIN {
    end = from_iso(as_of)
    if (mode == "kpi") begin = from_iso(from)
}

NR > 1 {
    sub(/\r$/, "")
    n++
    customer[n] = $2
    posted[n] = from_us($5)
    due[n] = from_us($6)
    amount[n] = cents($7)
    settled[n] = from_us($9)
    late[n] = $12
}

function is_open(i, on) { return posted[i] <= on && settled[i] > on }

function aging(    i, age, b, id, line) {
    for (i = 1; i <= n; i++) {
        if (!is_open(i, end)) continue
        id = customer[i]
        age = end - (basis == "posting" ? posted[i] : due[i])
        b = basis != "posting" && age <= 0 ? 0 : bucket_of(age)
        column[id, b] += amount[i]
        total[id] += amount[i]
    }
    for (id in total) {
        line = id
        for (b = 0; b <= 5; b++) line = line "," column[id, b] + 0
        print line "," total[id]
    }
}

# Charges of one calendar month up to `last`, of which `first` is the day before its first.
function charged(first, last,    i, sum) {
    sum = 0
    for (i = 1; i <= n; i++) if (posted[i] > first && posted[i] <= last) sum += amount[i]
    return sum
}

function countback(receivable,    year, month, part, last, first, whole, sum) {
    if (receivable <= 0) return "undefined"
    split(as_of, part, "-")
    year = part[1] + 0
    month = part[2] + 0
    last = end
    whole = 0
    while (year >= 2011) {
        first = days_of(year, month, 1) - 1
        sum = charged(first, last)
        if (sum > 0 && receivable <= sum) return hundredths(whole * sum + receivable * (last - first), sum)
        receivable -= sum
        whole += last - first
        last = first
        if (--month == 0) { month = 12; year-- }
    }
    return "undefined"
}

function kpi(    i, opening, charges, ending, current, received, to_pay, beyond, delay, late_paid, days) {
    days = end - begin
    opening = charges = ending = current = received = to_pay = beyond = delay = late_paid = 0
    for (i = 1; i <= n; i++) {
        if (is_open(i, begin)) opening += amount[i]
        if (posted[i] > begin && posted[i] <= end) charges += amount[i]
        if (is_open(i, end)) {
            ending += amount[i]
            if (due[i] >= end) current += amount[i]
        }
        if (settled[i] > begin && settled[i] <= end) {
            received += amount[i]
            to_pay += amount[i] * (settled[i] - posted[i])
            beyond += amount[i] * (settled[i] - due[i])
            delay += amount[i] * late[i]
            if (late[i] > 0) late_paid += amount[i]
        }
    }
    print "dso," hundredths(ending * days, charges)
    print "best_possible_dso," hundredths(current * days, charges)
    print "average_days_delinquent," hundredths((ending - current) * days, charges)
    print "countback_dso," countback(ending)
    print "collection_effectiveness," hundredths((opening + charges - ending) * 100, opening + charges - current)
    print "collection_rate," hundredths(received * 100, opening + charges)
    print "overdue_rate," hundredths((ending - current) * 100, ending)
    print "bad_debt_rate," hundredths(0, charges)
    print "days_to_pay," hundredths(to_pay, received)
    print "days_beyond_terms," hundredths(beyond, received)
    print "average_days_late," hundredths(delay, received)
    print "late_share," hundredths(late_paid * 100, received)
}

END {
    if (mode == "aging") aging()
    else kpi()
}

# Deposits and charges of 300 customers, as CSV: awk -v seed=N -v rows=N -f movements.awk
# The generator is our own, so that a seed means the same file with any awk.
function below(limit) {
    state = (state * 1103515245 + 12345) % 2147483648
    return int(state / 65536) % limit
}
BEGIN {
    state = seed % 2147483648
    print "document,customer,date,amount"
    for (row = 1; row <= rows; row++) {
        customer = below(300)
        month = 1 + below(12)
        day = 1 + below(28)
        cents = 1 + below(30000)
        sign = below(2) ? "-" : ""
        printf "M-%d,C%03d,2024-%02d-%02d,%s%d.%02d\n", row, customer, month, day, sign, int(cents / 100), cents % 100
    }
}

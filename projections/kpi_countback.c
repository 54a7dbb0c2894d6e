/* Days sales outstanding by counting back. */
#include "projections/kpi_countback.h"

#include "base/calendar.h"

int32_t countback_month_before(int32_t on) {
    struct civil civil = date_to_civil(on);
    civil.day = 1;
    return date_from_civil(civil) - 1;
}

bool countback_take(struct countback *countback, int64_t receivable_minor, struct countback_month month,
                    bool is_first) {
    month.left_minor = receivable_minor;
    if (countback->count > 0) {
        const struct countback_month *before = &countback->months[countback->count - 1];
        if (__builtin_sub_overflow(before->left_minor, before->on_credit_minor, &month.left_minor)) {
            return false;
        }
        countback->whole_days += before->to_on - before->from_on;
    }
    countback->months[countback->count++] = month;
    if (month.on_credit_minor > 0 && month.left_minor >= 0 && month.left_minor <= month.on_credit_minor) {
        countback->state = COUNTBACK_DONE;
    } else if (receivable_minor <= 0) {
        countback->state = COUNTBACK_NOTHING_OWED;
    } else if (is_first || countback->count == COUNTBACK_MONTHS_MAX) {
        countback->state = COUNTBACK_TOO_OLD;
    }
    return true;
}

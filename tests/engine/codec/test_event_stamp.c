/* The stamp of an event is read as its encoder writes it, and from nothing else. */
#include "codec/event_stamp.h"

#include "tests/rows.h"

struct row {
    const char *name;
    const char *bytes;
    uint32_t size;
    bool is_stamp;
    uint64_t sequence;
    int64_t recorded_at_us;
};

static const struct row table[] = {
    {"small numbers", "\x08\x01\x10\x02", 4, true, 1, 2},
    {"what follows is not looked at", "\x08\x05\x10\x07\xff\xff", 6, true, 5, 7},
    {"numbers of several bytes", "\x08\xac\x02\x10\x80\x80\x01", 7, true, 300, 16384},
    {"an instant before 1970", "\x08\x01\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13, true, 1, -1},
    {"nothing", "", 0, false, 0, 0},
    {"a tag alone", "\x08", 1, false, 0, 0},
    {"a sequence alone", "\x08\x01", 2, false, 0, 0},
    {"a number that is cut", "\x08\x80", 2, false, 0, 0},
    {"an instant's tag alone", "\x08\x01\x10", 3, false, 0, 0},
    {"an instant that is cut", "\x08\x01\x10\x80", 4, false, 0, 0},
    {"an instant first", "\x10\x02\x08\x01", 4, false, 0, 0},
    {"another field second", "\x08\x01\x18\x02", 4, false, 0, 0},
    {"a number past 64 bits", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02\x10\x01", 13, false, 0, 0},
};

static void is_read(void **state) {
    const struct row *row = *state;
    struct event_stamp stamp = {0};
    struct event_span event = {(const uint8_t *)row->bytes, row->size};
    assert_int_equal(event_stamp_read(event, &stamp), row->is_stamp);
    if (row->is_stamp) {
        assert_int_equal(stamp.sequence, row->sequence);
        assert_int_equal(stamp.recorded_at_us, row->recorded_at_us);
    }
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, table, is_read);
    return rows_run("event_stamp", &rows);
}

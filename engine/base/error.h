/*
 * What can go wrong in the world, and how it is said.
 *
 * Three channels: a broken program asserts; a failing world is a status plus
 * the caller's error; a refused request is a value (an answer), never an error.
 * The first function to see a failure writes the message: what was being done,
 * to what, and what the reader can do. Those above pass the status on.
 */
#ifndef DAYBOOK_BASE_ERROR_H
#define DAYBOOK_BASE_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

#define DAYBOOK_MUST_USE __attribute__((warn_unused_result))

/* name, exit code of the program, meaning */
#define DAYBOOK_STATUS_LIST(X)                                                                                         \
    X(OK, 0, "done")                                                                                                   \
    X(INVALID, 2, "the caller's argument or input cannot be used")                                                     \
    X(NOT_FOUND, 3, "no ledger, view, file, customer or document there")                                               \
    X(EXISTS, 3, "something is there already")                                                                         \
    X(LIMIT, 3, "the disk, the map or a limit of the program is full")                                                 \
    X(IO, 3, "the operating system failed a read, a write or a sync")                                                  \
    X(BUSY, 3, "another process holds it")                                                                             \
    X(READ_ONLY, 3, "it cannot be written")                                                                            \
    X(NO_MEMORY, 3, "memory was refused")                                                                              \
    X(VERSION, 3, "written by a newer program than this one")                                                          \
    X(BEHIND, 3, "a view has not folded what the question needs")                                                      \
    X(STOPPED, 3, "interrupted, or stopped by an earlier failure")                                                     \
    X(DAMAGED, 4, "stored bytes are not what was written")

enum daybook_status {
#define DAYBOOK_STATUS_ENUM(name, exit_code, meaning) DAYBOOK_##name,
    DAYBOOK_STATUS_LIST(DAYBOOK_STATUS_ENUM)
#undef DAYBOOK_STATUS_ENUM
};

#define DAYBOOK_ERROR_SIZE 512

/* The caller's. Every function that takes one takes NULL, too. */
struct daybook_error {
    enum daybook_status status;
    char message[DAYBOOK_ERROR_SIZE];    /* In English: what is stored, compared, and sent to others. */
    char translated[DAYBOOK_ERROR_SIZE]; /* The same for the reader of this process; "" where nobody translates. */
};

/* Gives a format in the reader's language, with the same conversions; `format` itself where it has none. */
typedef const char *daybook_translate(const char *format) __attribute__((format_arg(1)));

/* A sentence can be looked up before it is filled in, and not afterwards: so a program that has a catalogue says here
 * how, once, before it starts threads. NULL, as at the start: nothing is translated. `message` never is. */
void daybook_error_translate_with(daybook_translate *translate);

/* For people: `translated` where there is one, else `message`. */
const char *daybook_error_shown(const struct daybook_error *error);

/* "DAMAGED"; never NULL. */
const char *daybook_status_name(enum daybook_status status);

/* Of the daybook program: 2 usage, 3 the world failed, 4 data damaged. */
int daybook_status_exit_code(enum daybook_status status);

/* What is passed on as it is ("%s") is looked up as it is: a reason that was chosen before. Such reasons are in
 * tools/po/words. Writes the message (cut to fit, never inside a UTF-8 character; without control characters) and
 * returns `status`. */
enum daybook_status daybook_fail(struct daybook_error *error, enum daybook_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " before the message that is there; returns the error's status. */
enum daybook_status daybook_fail_in(struct daybook_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Passes on what went wrong elsewhere, in both languages; returns its status. `cause` may be `error`. */
enum daybook_status daybook_fail_as(struct daybook_error *error, const struct daybook_error *cause);

/* Passes a failure on to the caller, who may hold nothing that must be released. */
#define DAYBOOK_TRY(call)                                                                                              \
    do {                                                                                                               \
        enum daybook_status try_ = (call);                                                                             \
        if (try_ != DAYBOOK_OK) {                                                                                      \
            return try_;                                                                                               \
        }                                                                                                              \
    } while (0)

#ifdef __cplusplus
}
#endif

#endif

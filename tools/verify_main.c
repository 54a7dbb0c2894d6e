/* daybook-verify: options, and which check to make. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/small_file.h"
#include "tools/text.h"
#include "tools/verify.h"

enum { EXIT_GOOD = 0, EXIT_USAGE = 2 };

static const char usage[] = N_("Usage: daybook-verify --key KEY [OPTION]... CHECK FILE...\n"
                               "\n"
                               "Checks what a Daybook ledger proves of itself. It needs no ledger, no network\n"
                               "and nothing but the files.\n"
                               "\n"
                               "Checks:\n"
                               "  checkpoint FILE             the signatures of a checkpoint\n"
                               "  inclusion PROOF EVENT       that the event, in its stored bytes, is in the\n"
                               "                              log (a .tlog-proof file)\n"
                               "  consistency PROOF OLD       that the log still begins with what the older\n"
                               "                              checkpoint OLD spoke of\n"
                               "  tiles DIR                   a tree of tiles, every entry and every tile\n"
                               "  bundle FILE                 an audit bundle, every event and every file of it\n"
                               "\n"
                               "Options:\n"
                               "  --key KEY                   the log's verifier key, or a file with it,\n"
                               "                              received out of band\n"
                               "  --origin NAME               the log's name, where it is not the key's\n"
                               "  --witness KEY               the key of a witness, or a file with it; may be\n"
                               "                              given 16 times\n"
                               "  --witnesses N               so many of them must have cosigned (default: all\n"
                               "                              that are given)\n"
                               "  --cosigned-since TIMESTAMP  not before this instant, such as\n"
                               "                              2024-12-31T00:00:00Z\n"
                               "\n"
                               "Exit status: 0 good, 2 usage, 3 a file cannot be read, 4 refused: what was\n"
                               "given does not prove what it says.\n"
                               "\n"
                               "Example:\n"
                               "  daybook-verify --key \"$KEY\" inclusion 12.tlog-proof 12.event\n");

/* A key as it is, or the first line of the file of that name. */
static enum daybook_status take_key(const char *text, struct note_key *key, struct daybook_error *error) {
    struct daybook_buffer content = {0};
    if (strchr(text, '+') != NULL) {
        return note_key_parse(text, strlen(text), key, error);
    }
    enum daybook_status status = small_file_read(text, VERIFY_FILE_MAX, &content, error);
    if (status == DAYBOOK_OK) {
        const uint8_t *newline = content.size == 0 ? NULL : memchr(content.data, '\n', content.size);
        size_t size = newline == NULL ? content.size : (size_t)(newline - content.data);
        status = note_key_parse((const char *)content.data, size, key, error);
    }
    daybook_buffer_release(&content);
    return status;
}

static enum daybook_status add_witness(struct verify_trust *trust, const char *text, struct daybook_error *error) {
    if (trust->policy.key_count == VERIFY_WITNESSES_MAX) {
        return daybook_fail(error, DAYBOOK_INVALID, _("at most %d witnesses can be given"), VERIFY_WITNESSES_MAX);
    }
    struct note_key *key = &trust->witnesses[trust->policy.key_count];
    DAYBOOK_TRY(take_key(text, key, error));
    for (size_t i = 0; i < trust->policy.key_count; i++) {
        if (trust->witnesses[i].id == key->id && strcmp(trust->witnesses[i].name, key->name) == 0) {
            return daybook_fail(error, DAYBOOK_INVALID, _("the witness %s is given twice"), key->name);
        }
    }
    trust->policy.key_count++;
    return DAYBOOK_OK;
}

/* One option with its value. */
static enum daybook_status take_option(struct verify_trust *trust, const char *name, const char *value, bool *has_key,
                                       bool *has_needed, struct daybook_error *error) {
    uint64_t needed = 0;
    int64_t instant_us = 0;
    if (strcmp(name, "--key") == 0) {
        *has_key = true;
        return take_key(value, &trust->log, error);
    }
    if (strcmp(name, "--origin") == 0) {
        trust->origin = value;
        return DAYBOOK_OK;
    }
    if (strcmp(name, "--witness") == 0) {
        return add_witness(trust, value, error);
    }
    if (strcmp(name, "--witnesses") == 0) {
        *has_needed = true;
        if (!tree_size_parse(value, strlen(value), &needed)) {
            return daybook_fail(error, DAYBOOK_INVALID, _("--witnesses: \"%.40s\" is no number"), value);
        }
        trust->policy.needed = (size_t)needed;
        return DAYBOOK_OK;
    }
    if (strcmp(name, "--cosigned-since") == 0) {
        if (!instant_parse(value, strlen(value), &instant_us) || instant_us < 0) {
            return daybook_fail(error, DAYBOOK_INVALID,
                                _("--cosigned-since: \"%.40s\" is no instant such as "
                                  "2024-12-31T00:00:00Z"),
                                value);
        }
        trust->policy.since_s = (uint64_t)(instant_us / 1000000);
        return DAYBOOK_OK;
    }
    return daybook_fail(error, DAYBOOK_INVALID, _("there is no option %.40s"), name);
}

/* What was asked for must hold together. */
static enum daybook_status check_options(struct verify_trust *trust, bool has_key, bool has_needed,
                                         struct daybook_error *error) {
    trust->policy.keys = trust->witnesses;
    trust->policy.needed = has_needed ? trust->policy.needed : trust->policy.key_count;
    if (!has_key) {
        return daybook_fail(error, DAYBOOK_INVALID, _("the log's key is needed: --key KEY"));
    }
    for (size_t i = 0; i < trust->policy.key_count; i++) {
        if (memcmp(trust->witnesses[i].public_key, trust->log.public_key, NOTE_PUBLIC_SIZE) == 0) {
            return daybook_fail(error, DAYBOOK_INVALID,
                                _("the witness %s has the log's own key; a witness is somebody else"),
                                trust->witnesses[i].name);
        }
    }
    if (trust->policy.needed > trust->policy.key_count) {
        return daybook_fail(error, DAYBOOK_INVALID, _("%zu witnesses are needed and %zu are given"),
                            trust->policy.needed, trust->policy.key_count);
    }
    if (trust->policy.since_s > 0 && trust->policy.needed == 0) {
        return daybook_fail(error, DAYBOOK_INVALID, _("--cosigned-since asks for a witness: --witness KEY"));
    }
    return DAYBOOK_OK;
}

/* Options may stand anywhere before "--"; what is none of them is moved to the front of `argv`. *count: how many. */
static enum daybook_status take_options(struct verify_trust *trust, int argc, char **argv, int *count,
                                        struct daybook_error *error) {
    bool has_key = false;
    bool has_needed = false;
    bool is_ended = false;
    *count = 0;
    for (int i = 1; i < argc; i++) {
        if (is_ended || strncmp(argv[i], "--", 2) != 0) {
            argv[(*count)++] = argv[i];
            continue;
        }
        if (argv[i][2] == '\0') {
            is_ended = true;
            continue;
        }
        if (i + 1 == argc) {
            return daybook_fail(error, DAYBOOK_INVALID, _("%.40s lacks its value"), argv[i]);
        }
        DAYBOOK_TRY(take_option(trust, argv[i], argv[i + 1], &has_key, &has_needed, error));
        i++;
    }
    return check_options(trust, has_key, has_needed, error);
}

static enum daybook_status run_checkpoint(const struct verify_trust *trust, char **files, struct daybook_error *error) {
    return verify_checkpoint_file(trust, files[0], error);
}

static enum daybook_status run_inclusion(const struct verify_trust *trust, char **files, struct daybook_error *error) {
    return verify_inclusion_file(trust, files[0], files[1], error);
}

static enum daybook_status run_consistency(const struct verify_trust *trust, char **files,
                                           struct daybook_error *error) {
    return verify_consistency_file(trust, files[0], files[1], error);
}

static enum daybook_status run_tiles(const struct verify_trust *trust, char **files, struct daybook_error *error) {
    return verify_tiles(trust, files[0], error);
}

static enum daybook_status run_bundle(const struct verify_trust *trust, char **files, struct daybook_error *error) {
    return verify_bundle(trust, files[0], error);
}

static const struct {
    const char *name;
    const char *files;
    int file_count;
    enum daybook_status (*run)(const struct verify_trust *trust, char **files, struct daybook_error *error);
} checks[] = {
    {"checkpoint", "FILE", 1, run_checkpoint},
    {"inclusion", "PROOF EVENT", 2, run_inclusion},
    {"consistency", "PROOF OLD", 2, run_consistency},
    {"tiles", "DIR", 1, run_tiles},
    {"bundle", "FILE", 1, run_bundle},
};

static enum daybook_status run_check(const struct verify_trust *trust, int count, char **words,
                                     struct daybook_error *error) {
    if (count == 0) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            _("say what to check: checkpoint, inclusion, consistency, tiles or bundle; see --help"));
    }
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        if (strcmp(words[0], checks[i].name) != 0) {
            continue;
        }
        return count - 1 == checks[i].file_count
                   ? checks[i].run(trust, words + 1, error)
                   : daybook_fail(error, DAYBOOK_INVALID,
                                  _("the check is \"%s %s\", and %d names were given; see --help"), checks[i].name,
                                  checks[i].files, count - 1);
    }
    return daybook_fail(
        error, DAYBOOK_INVALID,
        _("there is no check \"%.40s\"; there are checkpoint, inclusion, consistency, tiles and bundle"), words[0]);
}

int main(int argc, char **argv) {
    static struct verify_trust trust;
    struct daybook_error error;
    int count = 0;
    text_begin();
    if (argc == 1 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        (void)fputs(_(usage), argc == 1 ? stderr : stdout);
        return argc == 1 ? EXIT_USAGE : EXIT_GOOD;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf(_("daybook-verify %s\n"), DAYBOOK_PROGRAM_VERSION);
        return EXIT_GOOD;
    }
    enum daybook_status status = take_options(&trust, argc, argv, &count, &error);
    if (status == DAYBOOK_OK) {
        status = run_check(&trust, count, argv, &error);
    }
    if (status == DAYBOOK_OK && fflush(stdout) != 0) {
        status = daybook_fail(&error, DAYBOOK_IO, _("writing to standard output failed"));
    }
    if (status == DAYBOOK_OK) {
        return EXIT_GOOD;
    }
    (void)fprintf(stderr, _("daybook-verify: %s%s\n"), status == DAYBOOK_DAMAGED ? _("refused: ") : "",
                  daybook_error_shown(&error));
    return daybook_status_exit_code(status);
}

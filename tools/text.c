/* The reader's language: which it is, and where its catalogue lies. */
#include "tools/text.h"

#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define DOMAIN "daybook"

/* The language is the process's own, as its locale is. */
static bool is_translated;

/* A minimal system has few locales, and a catalogue needs none of them: gettext must only know the language, and that
 * this is not the locale "C", in which it does not look for any. */
static void name_language(void) {
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *language = getenv("LANGUAGE");
    for (size_t i = 0; i < sizeof variables / sizeof *variables && (language == NULL || *language == '\0'); i++) {
        language = getenv(variables[i]);
    }
    if (language != NULL && setlocale(LC_MESSAGES, "C.UTF-8") != NULL) {
        (void)setenv("LANGUAGE", language, 1);
    }
}

static bool is_directory(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Catalogues lie beside the program as it was built, or where they were installed, seen from each of the programs. */
static void bind_catalogues(void) {
    static const char *const places[] = {"locale", DAYBOOK_LOCALE_PLACES};
    char own[PATH_MAX];
    char path[2 * PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", own, sizeof own - 1);
    own[size < 0 ? 0 : size] = '\0';
    char *name = strrchr(own, '/');
    if (name == NULL) {
        return;
    }
    name[1] = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        (void)snprintf(path, sizeof path, "%s%s", own, places[i]);
        /* A catalogue has a header, which is the text of "". What is found nowhere is not looked for a second time. */
        if (is_directory(path) && bindtextdomain(DOMAIN, path) != NULL && *dgettext(DOMAIN, "") != '\0') {
            is_translated = true;
            return;
        }
    }
}

void text_begin(void) {
    if (setlocale(LC_MESSAGES, "") == NULL) {
        name_language();
    }
    if (strcmp(setlocale(LC_MESSAGES, NULL), "C") != 0) {
        (void)bind_textdomain_codeset(DOMAIN, "UTF-8");
        bind_catalogues();
    }
    if (is_translated) {
        daybook_error_translate_with(text_translate);
    } else {
        text_is_for_programs();
    }
}

void text_is_for_programs(void) {
    is_translated = false;
    daybook_error_translate_with(NULL);
    (void)setlocale(LC_MESSAGES, "C"); /* What the system's own libraries say, too. */
}

bool text_is_translated(void) {
    return is_translated;
}

const char *text_translate(const char *text) {
    return is_translated && *text != '\0' ? dgettext(DOMAIN, text) : text;
}

const char *text_count(const char *one, const char *many, uint64_t count) {
    const char *english = count == 1 ? one : many;
    return is_translated ? dngettext(DOMAIN, one, many, count) : english;
}

/* Files: small ones as a whole, trees removed, and what errno means. */
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/small_file.h"
#include "tests/rows.h"

enum { PATH_SIZE = 512 };

static char place[] = "/tmp/daybook-files-XXXXXX";

static char *under(char path[PATH_SIZE], const char *name) {
    (void)snprintf(path, PATH_SIZE, "%s/%s", place, name);
    return path;
}

static struct daybook_bytes text_bytes(const char *text) {
    return (struct daybook_bytes){(const uint8_t *)text, strlen(text)};
}

static void expect_content(const char *path, const char *expected) {
    struct daybook_buffer content = {0};
    assert_int_equal(small_file_read(path, 100, &content, NULL), DAYBOOK_OK);
    assert_int_equal(content.size, strlen(expected));
    assert_memory_equal(content.data, expected, content.size);
    daybook_buffer_release(&content);
}

static void a_file_is_replaced_whole(void **state) {
    char path[PATH_SIZE];
    (void)state;
    under(path, "replaced");
    assert_int_equal(small_file_write(path, text_bytes("one"), SMALL_FILE_PRIVATE, SMALL_FILE_REPLACE, NULL),
                     DAYBOOK_OK);
    assert_int_equal(small_file_write(path, text_bytes("second"), SMALL_FILE_PRIVATE, SMALL_FILE_REPLACE, NULL),
                     DAYBOOK_OK);
    expect_content(path, "second");
    struct stat facts;
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
}

static void files_are_waited_for_together(void **state) {
    char path[PATH_SIZE];
    int system;
    (void)state;
    assert_int_equal(files_system_open(place, &system, NULL), DAYBOOK_OK);
    under(path, "unsynced");
    assert_int_equal(small_file_write_unsynced(path, text_bytes("one"), SMALL_FILE_PUBLIC, NULL), DAYBOOK_OK);
    assert_int_equal(small_file_write_unsynced(path, text_bytes("second"), SMALL_FILE_PUBLIC, NULL), DAYBOOK_OK);
    assert_int_equal(files_system_sync(system, place, NULL), DAYBOOK_OK);
    expect_content(path, "second");
    assert_int_equal(close(system), 0);
    struct daybook_error error;
    assert_int_equal(files_system_sync(system, place, &error), DAYBOOK_IO);
    assert_non_null(strstr(error.message, place));
    assert_int_equal(files_system_open(path, &system, NULL), DAYBOOK_NOT_FOUND);
    assert_int_equal(system, -1);
}

static void a_new_file_replaces_nothing(void **state) {
    char path[PATH_SIZE];
    (void)state;
    under(path, "new");
    assert_int_equal(small_file_write(path, text_bytes("first"), SMALL_FILE_PUBLIC, SMALL_FILE_NEW, NULL), DAYBOOK_OK);
    struct daybook_error error;
    assert_int_equal(small_file_write(path, text_bytes("other"), SMALL_FILE_PUBLIC, SMALL_FILE_NEW, &error),
                     DAYBOOK_EXISTS);
    assert_non_null(strstr(error.message, path));
    expect_content(path, "first");
}

static void a_file_past_the_limit_is_refused(void **state) {
    char path[PATH_SIZE];
    (void)state;
    under(path, "long");
    struct daybook_buffer content = {0};
    assert_int_equal(small_file_write(path, text_bytes("12345"), SMALL_FILE_PUBLIC, SMALL_FILE_NEW, NULL), DAYBOOK_OK);
    assert_int_equal(small_file_read(path, 4, &content, NULL), DAYBOOK_LIMIT);
    assert_int_equal(small_file_read(path, 5, &content, NULL), DAYBOOK_OK);
    assert_int_equal(small_file_read(under(path, "none"), 5, &content, NULL), DAYBOOK_NOT_FOUND);
    daybook_buffer_release(&content);
}

static void nothing_is_left_beside(void **state) {
    char path[PATH_SIZE];
    (void)state;
    under(path, "none/file");
    assert_int_equal(small_file_write(path, text_bytes("x"), SMALL_FILE_PUBLIC, SMALL_FILE_REPLACE, NULL),
                     DAYBOOK_NOT_FOUND);
    assert_int_equal(files_make_directory(under(path, "full"), NULL), DAYBOOK_OK);
    assert_int_equal(small_file_write(path, text_bytes("x"), SMALL_FILE_PUBLIC, SMALL_FILE_REPLACE, NULL), DAYBOOK_IO);
    char beside[PATH_SIZE];
    (void)snprintf(beside, sizeof beside, "%s/full.%ld.part", place, (long)getpid());
    assert_false(files_exists(beside));
}

static void a_tree_goes_and_what_its_links_name_stays(void **state) {
    char path[PATH_SIZE];
    char other[PATH_SIZE];
    (void)state;
    assert_int_equal(small_file_write(under(path, "kept"), text_bytes("kept"), SMALL_FILE_PUBLIC, SMALL_FILE_NEW, NULL),
                     DAYBOOK_OK);
    assert_int_equal(files_make_directory(under(other, "tree"), NULL), DAYBOOK_OK);
    assert_int_equal(files_make_directory(under(other, "tree/branch"), NULL), DAYBOOK_OK);
    assert_int_equal(symlink(path, under(other, "tree/branch/link")), 0);
    assert_int_equal(symlink(place, under(other, "tree/up")), 0);
    files_remove_tree(under(other, "tree"));
    assert_false(files_exists(other));
    expect_content(path, "kept");
}

static void a_directory_is_made_once(void **state) {
    char path[PATH_SIZE];
    (void)state;
    assert_int_equal(files_make_directory(under(path, "made/"), NULL), DAYBOOK_OK);
    assert_int_equal(files_make_directory(under(path, "made"), NULL), DAYBOOK_OK);
    assert_int_equal(files_make_directory(under(path, "no/where"), NULL), DAYBOOK_NOT_FOUND);
    assert_int_equal(small_file_write(under(path, "plain"), text_bytes(""), SMALL_FILE_PUBLIC, SMALL_FILE_NEW, NULL),
                     DAYBOOK_OK);
    assert_int_equal(files_make_directory(path, NULL), DAYBOOK_EXISTS);
}

static void the_directory_of_a_path_is_synced(void **state) {
    char path[PATH_SIZE];
    (void)state;
    assert_int_equal(chdir(place), 0);
    static const char *const good[] = {"name", "./name", "/", "/tmp", "//tmp//", "", "none", "none/"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(files_sync_parent(good[i], NULL), DAYBOOK_OK);
    }
    assert_int_equal(files_sync_parent("nowhere/name", NULL), DAYBOOK_NOT_FOUND);
    assert_int_equal(files_sync_parent(under(path, "nowhere/name/"), NULL), DAYBOOK_NOT_FOUND);
    char *endless = malloc(8193);
    assert_non_null(endless);
    memset(endless, 'a', 8192);
    memcpy(endless + 8190, "/b", 3);
    assert_int_equal(files_sync_parent(endless, NULL), DAYBOOK_INVALID);
    free(endless);
}

static void errno_has_a_status(void **state) {
    static const struct {
        int code;
        enum daybook_status status;
    } rows[] = {
        {ENOSPC, DAYBOOK_LIMIT},      {EDQUOT, DAYBOOK_LIMIT},     {EFBIG, DAYBOOK_LIMIT},
        {EMFILE, DAYBOOK_LIMIT},      {ENFILE, DAYBOOK_LIMIT},     {EACCES, DAYBOOK_READ_ONLY},
        {EPERM, DAYBOOK_READ_ONLY},   {EROFS, DAYBOOK_READ_ONLY},  {ENOENT, DAYBOOK_NOT_FOUND},
        {ENOTDIR, DAYBOOK_NOT_FOUND}, {ENOMEM, DAYBOOK_NO_MEMORY}, {EEXIST, DAYBOOK_EXISTS},
        {EBUSY, DAYBOOK_BUSY},        {EIO, DAYBOOK_IO},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(files_status(rows[i].code), rows[i].status);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_replaced_whole),    cmocka_unit_test(files_are_waited_for_together),
        cmocka_unit_test(a_new_file_replaces_nothing), cmocka_unit_test(a_file_past_the_limit_is_refused),
        cmocka_unit_test(nothing_is_left_beside),      cmocka_unit_test(a_tree_goes_and_what_its_links_name_stays),
        cmocka_unit_test(a_directory_is_made_once),    cmocka_unit_test(the_directory_of_a_path_is_synced),
        cmocka_unit_test(errno_has_a_status),
    };
    if (mkdtemp(place) == NULL) {
        perror(place);
        return 2;
    }
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    files_remove_tree(place);
    return result;
}

daybook_unit_test(engine/store/test_store base schema codec store)
daybook_unit_test(engine/store/test_table base schema codec store)
daybook_unit_test(engine/store/test_journal base schema codec store)
daybook_unit_test(engine/store/test_journal_damage base schema codec store)
daybook_unit_test(engine/store/test_journal_limits base schema codec store)
daybook_unit_test(engine/store/test_journal_scrub base schema codec store)
daybook_unit_test(engine/store/test_names base schema codec store)
daybook_unit_test(engine/store/test_page_check base schema codec store)
daybook_unit_test(engine/store/test_store_fails base schema codec store)
daybook_fail_parts(test_store_fails)
daybook_fail_library(test_store_fails lmdb mdb_env_create mdb_env_set_mapsize mdb_env_set_maxdbs mdb_env_set_maxreaders
  mdb_env_open mdb_env_get_fd mdb_env_info mdb_env_sync mdb_txn_begin mdb_txn_renew mdb_txn_commit mdb_dbi_open mdb_stat
  mdb_get mdb_put mdb_del mdb_drop mdb_cursor_open mdb_cursor_get mdb_cursor_put mdb_cursor_renew)
daybook_fail_library(test_store_fails files open stat fstat statvfs fsync ftruncate fallocate mkdir pread pwrite)

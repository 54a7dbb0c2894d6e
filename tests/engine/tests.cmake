foreach(name test_backup test_books test_caller test_keyring test_known_at test_personal test_read_ahead test_refusal_log test_rehearsal test_replay test_scrubber test_seal test_submit test_writer)
  daybook_unit_test(engine/${name} engine proof projection store domain codec base schema)
endforeach()
target_link_options(test_known_at PRIVATE -Wl,--wrap=journal_append,--wrap=journal_knows)

daybook_unit_test(engine/store/test_store base schema codec store)
daybook_unit_test(engine/store/test_table base schema codec store)

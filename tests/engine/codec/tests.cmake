daybook_unit_test(engine/codec/test_wire codec base schema)
daybook_unit_test(engine/codec/test_compress codec base schema)
daybook_unit_test(engine/codec/test_frame codec base schema)
daybook_unit_test(engine/codec/test_event_encode codec base schema)

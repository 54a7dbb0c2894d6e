daybook_unit_test(engine/codec/test_wire codec base schema)

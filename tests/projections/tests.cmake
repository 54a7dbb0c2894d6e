daybook_unit_test(projections/test_series projections domain store codec base schema)
daybook_unit_test(projections/test_balance projections domain store codec base schema)
daybook_unit_test(projections/test_aging projections domain store codec base schema)

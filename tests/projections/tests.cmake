daybook_unit_test(projections/test_series projections domain store codec base schema)

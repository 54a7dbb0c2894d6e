# The queries stand beside the folds in one layer, so that every test of it links the engine, too.
foreach(name series balance aging bridge kpi credit_grade query rank trial lots links tree statement)
  daybook_unit_test(projections/test_${name} projections engine proof projection domain store codec base schema)
endforeach()

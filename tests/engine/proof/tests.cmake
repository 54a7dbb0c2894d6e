foreach(name test_merkle test_merkle_negative test_note test_tree_head test_proof_file test_tile)
  daybook_unit_test(engine/proof/${name} proof base)
endforeach()

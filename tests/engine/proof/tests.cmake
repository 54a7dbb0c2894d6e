foreach(name test_merkle test_merkle_negative test_note test_tree_head test_proof_file test_tile test_tile_builder test_witness
        test_proof_fails)
  daybook_unit_test(engine/proof/${name} proof base)
endforeach()
daybook_fail_parts(test_proof_fails)
daybook_fail_library(test_proof_fails crypto EVP_PKEY_new_raw_private_key EVP_PKEY_new_raw_public_key
  EVP_PKEY_get_raw_public_key EVP_MD_CTX_new EVP_DigestSignInit EVP_DigestSign EVP_DigestVerifyInit RAND_priv_bytes)

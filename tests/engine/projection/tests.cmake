foreach(name test_checkpoint test_feed test_mark test_memo test_parties test_rebuild test_rebuild_list test_together test_view
        test_view_catch_up test_view_pack test_view_rebuild test_view_digest test_view_processes test_projector)
  daybook_unit_test(engine/projection/${name} projection store codec base schema)
endforeach()

/* Who may call what. */
#include "tools/serve/authorise.h"

enum connect_code authorise_call(const struct identity *identity, const struct method *method, bool is_open,
                                 const char **reason) {
    (void)method;
    *reason = "";
    if (identity->is_local || is_open) {
        return CONNECT_OK;
    }
    *reason = "this server answers only callers on its own machine";
    return CONNECT_UNAUTHENTICATED;
}

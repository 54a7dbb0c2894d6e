/* Ed25519 by libcrypto; for note.c and note_key.c alone. */
#ifndef DAYBOOK_PROOF_NOTE_INSIDE_H
#define DAYBOOK_PROOF_NOTE_INSIDE_H

#include "base/bytes.h"
#include "proof/note.h"

/* False: memory was refused. */
DAYBOOK_MUST_USE bool note_ed25519_sign(const struct note_signer *signer, struct daybook_bytes message,
                                        uint8_t signature[NOTE_ED25519_SIZE]);
/* False: it is not that key's signature of the message. */
DAYBOOK_MUST_USE bool note_ed25519_verify(const struct note_key *key, struct daybook_bytes message,
                                          const uint8_t *signature);

#endif

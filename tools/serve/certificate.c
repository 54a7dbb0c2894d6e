/* The certificate that the server shows, and its key. */
#include "tools/serve/certificate.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>

#include "tools/charset.h"

struct certificate {
    size_t user_count; /* Connections, and `now`. Under the lock. */
    gnutls_certificate_credentials_t credentials;
    int64_t end_us;
};

static gnutls_datum_t datum_of(const struct daybook_buffer *buffer) {
    return (gnutls_datum_t){buffer->data, (unsigned)buffer->size};
}

static void free_certificate(struct certificate *certificate) {
    gnutls_certificate_free_credentials(certificate->credentials);
    free(certificate);
}

/* The server's own certificate is the first of its chain. */
static int64_t find_end_us(gnutls_certificate_credentials_t credentials) {
    gnutls_datum_t raw;
    gnutls_x509_crt_t leaf;
    int64_t end_us = 0;
    if (gnutls_certificate_get_crt_raw(credentials, 0, 0, &raw) != 0 || gnutls_x509_crt_init(&leaf) != 0) {
        return 0;
    }
    if (gnutls_x509_crt_import(leaf, &raw, GNUTLS_X509_FMT_DER) == 0) {
        end_us = (int64_t)gnutls_x509_crt_get_expiration_time(leaf) * 1000000;
    }
    gnutls_x509_crt_deinit(leaf);
    return end_us;
}

/* That they are a pair is looked at by GnuTLS. */
static enum daybook_status make_certificate(const struct certificates *certificates, const struct daybook_buffer *cert,
                                            const struct daybook_buffer *key, struct certificate **made,
                                            struct daybook_error *error) {
    struct certificate *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL || gnutls_certificate_allocate_credentials(&fresh->credentials) != 0) {
        free(fresh);
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading the certificate: memory was refused");
    }
    gnutls_datum_t cert_pem = datum_of(cert);
    gnutls_datum_t key_pem = datum_of(key);
    int code = gnutls_certificate_set_x509_key_mem(fresh->credentials, &cert_pem, &key_pem, GNUTLS_X509_FMT_PEM);
    if (code < 0) {
        free_certificate(fresh);
        return daybook_fail(error, DAYBOOK_INVALID, "the certificate %.80s or its key %.80s cannot be used (%s)",
                            certificates->cert_file, certificates->key_file, gnutls_strerror(code));
    }
    fresh->user_count = 1;
    fresh->end_us = find_end_us(fresh->credentials);
    *made = fresh;
    return DAYBOOK_OK;
}

/* The lock is held. */
static void let_go(struct certificate *certificate) {
    if (--certificate->user_count == 0) {
        free_certificate(certificate);
    }
}

enum daybook_status certificates_read(struct certificates *certificates, struct daybook_error *error) {
    struct daybook_buffer cert = {0};
    struct daybook_buffer key = {0};
    struct certificate *fresh = NULL;
    enum daybook_status status = file_read(certificates->cert_file, &cert, error);
    if (status == DAYBOOK_OK) {
        status = file_read(certificates->key_file, &key, error);
    }
    if (status == DAYBOOK_OK) {
        status = make_certificate(certificates, &cert, &key, &fresh, error);
    }
    if (status == DAYBOOK_OK) {
        uv_mutex_lock(&certificates->lock);
        if (certificates->now != NULL) {
            let_go(certificates->now);
        }
        certificates->now = fresh;
        uv_mutex_unlock(&certificates->lock);
    }
    if (key.data != NULL) {
        gnutls_memset(key.data, 0, key.size);
    }
    daybook_buffer_release(&cert);
    daybook_buffer_release(&key);
    return status;
}

enum daybook_status certificates_open(struct certificates *certificates, const char *cert_file, const char *key_file,
                                      struct daybook_error *error) {
    certificates->cert_file = cert_file;
    certificates->key_file = key_file;
    if (uv_mutex_init(&certificates->lock) != 0) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading the certificate: memory was refused");
    }
    certificates->has_lock = true;
    return certificates_read(certificates, error);
}

void certificates_close(struct certificates *certificates) {
    if (certificates->now != NULL) {
        free_certificate(certificates->now);
    }
    if (certificates->has_lock) {
        uv_mutex_destroy(&certificates->lock);
    }
    *certificates = (struct certificates){0};
}

int64_t certificates_end_us(struct certificates *certificates) {
    uv_mutex_lock(&certificates->lock);
    int64_t end_us = certificates->now->end_us;
    uv_mutex_unlock(&certificates->lock);
    return end_us;
}

int certificate_none(gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count,
                     const gnutls_pk_algorithm_t *algorithms, int algorithm_count, gnutls_pcert_st **chain,
                     unsigned int *chain_count, gnutls_privkey_t *key) {
    (void)session;
    (void)authorities;
    (void)authority_count;
    (void)algorithms;
    (void)algorithm_count;
    (void)chain;
    (void)chain_count;
    (void)key;
    return -1;
}

struct certificate *certificate_lend(struct certificates *certificates, struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    uv_mutex_lock(&certificates->lock);
    struct certificate *certificate = certificates->now;
    if (info == NULL || gnutls_credentials_set((gnutls_session_t)info->tls_session, GNUTLS_CRD_CERTIFICATE,
                                               certificate->credentials) != 0) {
        certificate = NULL;
    } else {
        certificate->user_count++;
    }
    uv_mutex_unlock(&certificates->lock);
    return certificate;
}

void certificate_return(struct certificates *certificates, struct certificate *certificate) {
    if (certificate == NULL) {
        return;
    }
    uv_mutex_lock(&certificates->lock);
    let_go(certificate);
    uv_mutex_unlock(&certificates->lock);
}

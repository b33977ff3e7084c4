/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a certificate names a SIP domain or host (RFC 5922 7.1, 7.2). */
#ifndef SIPOVER_IO_TLS_NAME_H
#define SIPOVER_IO_TLS_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>

/* name: a host name or an IP literal (IPv6 with or without []), as configured. */
bool tls_name_matches(X509 *certificate, const char *name);

bool tls_name_is_ip(const char *name);

/* The names that the certificate has, for a message: "sip:a, b, 192.0.2.1". */
void tls_names_print(X509 *certificate, char *buf, size_t size);

#endif /* SIPOVER_IO_TLS_NAME_H */

/* SPDX-License-Identifier: MIT */
/* OpenSSL's start. */
#ifndef SETLINK_BASE_CRYPTO_H
#define SETLINK_BASE_CRYPTO_H

#include <stdbool.h>

#include "base/error.h"

/* To be called once, before anything of OpenSSL: where its default context
 * found no memory, OpenSSL 3 follows a null pointer as soon as it is asked for
 * an algorithm. Unless `configured`, openssl.cnf is not read. Errors: MEMORY.
 */
bool crypto_begin(bool configured, struct error *err) MUST_CHECK;

/* Load the algorithms that are needed later, for a process that lives long:
 * where memory is short when OpenSSL looks for its first one, it finds none
 * ever after. Errors: MEMORY. */
bool crypto_load(struct error *err) MUST_CHECK;

#endif

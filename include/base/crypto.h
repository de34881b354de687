/* OpenSSL's start. */
#ifndef SETLINK_BASE_CRYPTO_H
#define SETLINK_BASE_CRYPTO_H

#include <stdbool.h>

#include "base/error.h"

/* To be called once, before anything of OpenSSL: where its default context
 * found no memory, OpenSSL 3 follows a null pointer as soon as it is asked for
 * an algorithm. `configured` reads openssl.cnf and loads what is needed later.
 * Errors: MEMORY. */
bool crypto_begin(bool configured, struct error *err) MUST_CHECK;

#endif

/* OpenSSL's start. */
#include "base/crypto.h"

#include <openssl/crypto.h>

bool
crypto_begin(struct error *err)
{
	return OSSL_LIB_CTX_get0_global_default() != NULL || error_memory(err);
}

/* OpenSSL's start. */
#include "base/crypto.h"

#include <openssl/crypto.h>

bool
crypto_begin(bool configured, struct error *err)
{
	if (OSSL_LIB_CTX_get0_global_default() == NULL)
		return error_memory(err);
	return configured ||
	    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1 ||
	    error_memory(err);
}

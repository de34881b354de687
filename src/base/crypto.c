/* SPDX-License-Identifier: MIT */
/* OpenSSL's start. */
#include "base/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

bool
crypto_begin(bool configured, struct error *err)
{
	if (OSSL_LIB_CTX_get0_global_default() == NULL)
		return error_memory(err);
	return configured ||
	    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1 ||
	    error_memory(err);
}

bool
crypto_load(struct error *err)
{
	EVP_MD *digest = EVP_MD_fetch(NULL, "SHA256", NULL);
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	bool loaded = digest != NULL && mac != NULL;

	EVP_MD_free(digest);
	EVP_MAC_free(mac);
	return loaded || error_memory(err);
}

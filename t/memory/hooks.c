/* SPDX-License-Identifier: MIT */
/* Memory of setlink's own code, of libcurl, Expat and OpenSSL, which fails when
 * the test says so. yajl takes its memory from an arena. The linker puts these
 * functions in the place of those that they are named for (ld, --wrap). */
#include <curl/curl.h>
#include <expat.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "control.h"

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
char *__wrap_strndup(const char *text, size_t len);

void *
__wrap_malloc(size_t size)
{
	return memory_fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return memory_fails() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	return memory_fails() ? NULL : __real_realloc(old, size);
}

char *
__wrap_strdup(const char *text)
{
	return memory_fails() ? NULL : __real_strdup(text);
}

char *
__wrap_strndup(const char *text, size_t len)
{
	return memory_fails() ? NULL : __real_strndup(text, len);
}

void __real_buf_reset(struct buf *buf, size_t keep);
void __wrap_buf_reset(struct buf *buf, size_t keep);

/* Nothing is kept, so that each request needs all its memory anew. */
void
__wrap_buf_reset(struct buf *buf, size_t keep)
{
	(void)keep;
	__real_buf_reset(buf, 0);
}

CURLcode __wrap_curl_global_init(long flags);
XML_Parser __wrap_XML_ParserCreate(const XML_Char *encoding);

CURLcode
__wrap_curl_global_init(long flags)
{
	return curl_global_init_mem(
	    flags, malloc, free, realloc, strdup, calloc);
}

XML_Parser
__wrap_XML_ParserCreate(const XML_Char *encoding)
{
	static const XML_Memory_Handling_Suite memory = {malloc, realloc, free};

	return XML_ParserCreate_MM(encoding, &memory, NULL);
}

static void *
openssl_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return malloc(size);
}

static void *
openssl_realloc(void *old, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return realloc(old, size);
}

static void
openssl_free(void *memory, const char *file, int line)
{
	(void)file;
	(void)line;
	free(memory);
}

/* OpenSSL takes them only before it has allocated anything. It starts before
 * anything can fail, since a start that fails leaks what it has made by then,
 * and 600 allocations for each of our own would take long; unless the test asks
 * for them, with TEST_MEMORY_START. */
__attribute__((constructor)) static void
begin(void)
{
	if (CRYPTO_set_mem_functions(
		openssl_malloc, openssl_realloc, openssl_free) != 1)
		abort();
	if (getenv("TEST_MEMORY_START") == NULL) {
		(void)OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG |
			OPENSSL_INIT_LOAD_CRYPTO_STRINGS |
			OPENSSL_INIT_ADD_ALL_CIPHERS |
			OPENSSL_INIT_ADD_ALL_DIGESTS,
		    NULL);
		EVP_MD_free(EVP_MD_fetch(NULL, "SHA256", NULL));
	}
	memory_begin();
}

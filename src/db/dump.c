/* SPDX-License-Identifier: MIT */
/* What is in a dump. */
#include "db/dump.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "db/dump_parts.h"

#define SHA256_SIZE 32

static const char create[] = "CREATE TABLE `";
static const char insert[] = "INSERT INTO `";

struct dump *
dump_new(void)
{
	struct dump *dump = calloc(1, sizeof(*dump));

	if (dump == NULL)
		return NULL;
	dump->all = EVP_MD_CTX_new();
	dump->table = EVP_MD_CTX_new();
	if (dump->all != NULL && dump->table != NULL &&
	    EVP_DigestInit_ex2(dump->all, EVP_sha256(), NULL) == 1)
		return dump;
	dump_free(dump);
	return NULL;
}

void
dump_free(struct dump *dump)
{
	if (dump == NULL)
		return;
	EVP_MD_CTX_free(dump->all);
	EVP_MD_CTX_free(dump->table);
	free(dump);
}

static bool
end_digest(EVP_MD_CTX *digest, char out[DUMP_DIGEST_SIZE], struct error *err)
{
	unsigned char bytes[SHA256_SIZE];

	if (EVP_DigestFinal_ex(digest, bytes, NULL) != 1)
		return error_memory(err);
	hex_write(out, bytes, sizeof(bytes));
	return true;
}

bool
dump_end_digest(
    struct dump *dump, char out[DUMP_DIGEST_SIZE], struct error *err)
{
	return end_digest(dump->all, out, err);
}

static bool
end_table(struct dump *dump, struct error *err)
{
	return dump->n_tables == 0 ||
	    end_digest(
		dump->table, dump->tables[dump->n_tables - 1].digest, err);
}

/* How long the name is that begins here: letters, digits and _, then a `. */
static size_t
name_length(const char *name, size_t max)
{
	size_t len = 0;

	while (len < max &&
	    ((name[len] >= 'a' && name[len] <= 'z') ||
		(name[len] >= 'A' && name[len] <= 'Z') ||
		(name[len] >= '0' && name[len] <= '9') || name[len] == '_'))
		len++;
	return len < max && name[len] == '`' && len < DUMP_NAME_SIZE ? len : 0;
}

static bool
begin_table(
    struct dump *dump, const struct lines_piece *piece, struct error *err)
{
	const char *name = piece->bytes + sizeof(create) - 1;
	size_t len = name_length(name, piece->len - (sizeof(create) - 1));
	struct dump_table *table = &dump->tables[dump->n_tables];

	if (len == 0 || dump->n_tables == DUMP_MAX_TABLES)
		return error_set(err, ERROR_INVALID,
		    "there are tables that are not setlink's");
	if (!end_table(dump, err))
		return false;
	dump->n_tables++;
	memcpy(table->name, name, len);
	if (EVP_DigestInit_ex2(dump->table, EVP_sha256(), NULL) != 1)
		return error_memory(err);
	return true;
}

static bool
begin_row(struct dump *dump, const struct lines_piece *piece, struct error *err)
{
	const char *name = piece->bytes + sizeof(insert) - 1;
	size_t len = name_length(name, piece->len - (sizeof(insert) - 1));
	struct dump_table *table = &dump->tables[dump->n_tables - 1];

	if (dump->n_tables == 0 || len != strlen(table->name) ||
	    memcmp(name, table->name, len) != 0)
		return error_set(
		    err, ERROR_INVALID, "there is a row without its table");
	table->rows++;
	dump->row = true;
	return true;
}

bool
dump_take(struct dump *dump, const struct lines_piece *piece, struct error *err)
{
	if (piece->first)
		dump->row = false;
	if (lines_begins_with(piece, create) && !begin_table(dump, piece, err))
		return false;
	if (lines_begins_with(piece, insert) && !begin_row(dump, piece, err))
		return false;
	if (lines_begins_with(piece, "-- Dump completed")) {
		dump->complete = true;
		return end_table(dump, err);
	}
	if (dump->row &&
	    EVP_DigestUpdate(dump->table, piece->bytes, piece->len) != 1)
		return error_memory(err);
	return true;
}

bool
dump_sum(struct dump *dump, const void *bytes, size_t len, struct error *err)
{
	return EVP_DigestUpdate(dump->all, bytes, len) == 1 ||
	    error_memory(err);
}

static const struct dump_table *
find_table(const struct dump *dump, const char *name)
{
	for (size_t i = 0; i < dump->n_tables; i++)
		if (strcmp(dump->tables[i].name, name) == 0)
			return &dump->tables[i];
	return NULL;
}

bool
dump_same(const struct dump *want, const struct dump *have, struct error *err)
{
	for (size_t i = 0; i < want->n_tables; i++) {
		const struct dump_table *a = &want->tables[i];
		const struct dump_table *b = find_table(have, a->name);

		if (b == NULL || a->rows != b->rows ||
		    strcmp(a->digest, b->digest) != 0)
			return error_set(err, ERROR_CONFLICT,
			    "the rows of table %s are not those of the backup",
			    a->name);
	}
	return want->n_tables == have->n_tables ||
	    error_set(err, ERROR_CONFLICT,
		"there are other tables than in the backup");
}

/* SPDX-License-Identifier: MIT */
/* Making a backup, and reading one. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buf.h"
#include "db/client.h"
#include "db/connection.h"
#include "db/dump_parts.h"
#include "db/migrate.h"

static const char header[] = "-- setlink backup 1\n";
static const char word_table[] = "-- setlink table ";
static const char word_schema[] = "-- setlink schema ";
static const char word_end[] = "-- setlink end sha256 ";

/* The rows are sorted, and each is a line, so that the same rows make the same
 * lines. LOCK TABLES is nothing for Galera, nor for the user of workers. */
static const char *const options[] = {
    "mariadb-dump",
    "--single-transaction",
    "--no-tablespaces",
    "--hex-blob",
    "--order-by-primary",
    "--skip-extended-insert",
    "--no-autocommit",
    "--skip-add-drop-table",
    "--skip-add-locks",
    "--skip-disable-keys",
    "--skip-triggers",
    "--",
};

#define N_OPTIONS LENGTH(options)

/* Who gets the bytes. */
struct target {
	struct dump *dump;
	dump_write *write;
	void *context;
};

/* The command line, ended by a NULL. */
struct arguments {
	const char *argv[N_OPTIONS + 1 + DUMP_MAX_TABLES + 1];
	size_t count;
};

static bool
put(const struct target *target, const void *bytes, size_t len,
    struct error *err)
{
	return dump_sum(target->dump, bytes, len, err) &&
	    target->write(target->context, bytes, len, err);
}

static bool
add_table(void *context, const struct db_value *row, struct error *err)
{
	struct arguments *arguments = context;

	if (arguments->count == N_OPTIONS + 1 + DUMP_MAX_TABLES)
		return error_set(err, ERROR_CONFLICT,
		    "the database has tables that are not setlink's");
	arguments->argv[arguments->count++] = row[0].as.text.bytes;
	return true;
}

/* The version comes last: until it is there, a database that is being restored
 * is none for any worker. */
static bool
make_arguments(struct db *db, struct arena *arena, struct arguments *arguments,
    struct error *err)
{
	static const enum db_type types[] = {DB_TEXT};

	memset(arguments, 0, sizeof(*arguments));
	for (size_t i = 0; i < N_OPTIONS; i++)
		arguments->argv[arguments->count++] = options[i];
	arguments->argv[arguments->count++] = db->config->db_name;
	return db_each(db,
		   "SELECT table_name FROM information_schema.tables "
		   "WHERE table_schema = DATABASE() "
		   "AND table_type = 'BASE TABLE' "
		   "ORDER BY table_name = 'schema_migrations', table_name",
		   NULL, 0, types, 1, arena, add_table, arguments, err) &&
	    (arguments->count > N_OPTIONS + 1 ||
		error_set(err, ERROR_CONFLICT, "the database has no tables"));
}

static bool
pass_on(const struct target *target, int fd, struct error *err)
{
	struct dump *dump = target->dump;
	struct lines_piece piece;

	lines_begin(&dump->lines, fd);
	for (;;) {
		if (!lines_next(&dump->lines, &piece, err))
			return false;
		if (piece.len == 0)
			return true;
		if (!dump_take(dump, &piece, err) ||
		    !put(target, piece.bytes, piece.len, err))
			return false;
	}
}

static bool
run_program(const struct target *target, struct db *db,
    const struct arguments *arguments, struct error *err)
{
	struct db_client client;
	struct error ignored;
	bool ok;

	if (!db_client_start(db, arguments->argv, -1, true, &client, err))
		return false;
	ok = pass_on(target, client.output, err);
	if (!db_client_end(&client, ok ? err : &ignored) || !ok)
		return false;
	return target->dump->complete ||
	    error_set(err, ERROR_INTERNAL, "mariadb-dump has not ended well");
}

/* The last lines. */
static bool
describe(const struct target *target, struct error *err)
{
	const struct dump *dump = target->dump;
	char digest[DUMP_DIGEST_SIZE];
	struct buf text = BUF_INIT;
	bool ok;

	for (size_t i = 0; i < dump->n_tables; i++)
		buf_printf(&text, "%s%s rows %lld sha256 %s\n", word_table,
		    dump->tables[i].name, (long long)dump->tables[i].rows,
		    dump->tables[i].digest);
	buf_printf(&text, "%s%lld\n", word_schema, (long long)dump->schema);
	ok = !text.failed || error_memory(err);
	ok = ok && put(target, text.data, text.len, err) &&
	    dump_end_digest(target->dump, digest, err);
	buf_reset(&text, text.cap);
	buf_printf(&text, "%s%s\n", word_end, digest);
	ok = ok &&
	    target->write(target->context, buf_text(&text), text.len, err);
	buf_free(&text);
	return ok;
}

bool
dump_make(struct dump *dump, struct db *db, dump_write *write, void *context,
    struct error *err)
{
	struct target target = {dump, write, context};
	struct arguments arguments;
	struct arena arena = ARENA_INIT;
	int before, after;
	bool ok;

	ok = migrate_read_version(db, &before, err) &&
	    make_arguments(db, &arena, &arguments, err) &&
	    put(&target, header, sizeof(header) - 1, err) &&
	    run_program(&target, db, &arguments, err) &&
	    migrate_read_version(db, &after, err);
	arena_free(&arena);
	if (ok && before != after)
		ok = error_set(err, ERROR_CONFLICT,
		    "the database was migrated meanwhile: once more");
	dump->schema = before;
	return ok && describe(&target, err);
}

static bool
refuse(const char *why, struct error *err)
{
	return error_set(err, ERROR_INVALID, "%s", why);
}

static bool
read_schema(
    struct dump *dump, const struct lines_piece *piece, struct error *err)
{
	char text[16];
	size_t len = piece->len - (sizeof(word_schema) - 1);
	char *end;

	if (len >= sizeof(text))
		return refuse("the version of its tables is no number", err);
	memcpy(text, piece->bytes + sizeof(word_schema) - 1, len);
	text[len] = '\0';
	dump->schema = strtol(text, &end, 10);
	return (end > text && *end == '\n' && dump->schema > 0) ||
	    refuse("the version of its tables is no number", err);
}

static bool
check_end(struct dump *dump, const struct lines_piece *piece, struct error *err)
{
	char digest[DUMP_DIGEST_SIZE];
	struct lines_piece rest;

	if (!dump_end_digest(dump, digest, err))
		return false;
	if (piece->len != sizeof(word_end) - 1 + DUMP_DIGEST_SIZE ||
	    memcmp(piece->bytes + sizeof(word_end) - 1, digest,
		DUMP_DIGEST_SIZE - 1) != 0)
		return refuse("it was changed after it was made", err);
	if (!lines_next(&dump->lines, &rest, err))
		return false;
	if (rest.len != 0)
		return refuse("something was added to it", err);
	return (dump->complete && dump->schema > 0) ||
	    refuse("it is not complete", err);
}

bool
dump_read(struct dump *dump, int fd, struct error *err)
{
	struct lines_piece piece;

	lines_begin(&dump->lines, fd);
	if (!lines_next(&dump->lines, &piece, err))
		return false;
	if (!lines_begins_with(&piece, header))
		return refuse("it is no backup made by setlink", err);
	for (;;) {
		if (!dump_sum(dump, piece.bytes, piece.len, err) ||
		    !dump_take(dump, &piece, err) ||
		    !lines_next(&dump->lines, &piece, err))
			return false;
		if (piece.len == 0)
			return refuse("it is cut: its end is missing", err);
		if (lines_begins_with(&piece, word_end))
			return check_end(dump, &piece, err);
		if (lines_begins_with(&piece, word_schema) &&
		    !read_schema(dump, &piece, err))
			return false;
	}
}

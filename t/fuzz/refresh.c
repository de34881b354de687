/* SPDX-License-Identifier: MIT */
/* What talks to MinIO: a refresh of the index, the reading of waveforms, the
 * doing of what events have left, and the looking again at sets, on a bucket
 * and a database that are what the input says.
 *
 * The input: a byte for what is done, one for the allocation at which memory is
 * short, two for the length of what the bucket answers (see fake-s3.h), that,
 * and the script of the database (see fake-mysql.h). */
#include "base/log.h"
#include "fake-mysql.h"
#include "fake-s3.h"
#include "fake-system.h"
#include "recorder/pending.h"
#include "recorder/relink.h"
#include "recorder/sync.h"

/* 2026-11-24T00:00:00Z */
#define NOW (INT64_C(1795478400) * USEC_PER_SEC)

static const struct config *
settings(void)
{
	static struct config config;
	struct error err;

	if (config.bucket != NULL)
		return &config;
	for (size_t i = 0; i < config_settings_count; i++)
		(void)unsetenv(config_settings[i].name);
	if (setenv("SETLINK_ENV_FILE", "/dev/null", 1) != 0 ||
	    !config_load(&config, &err))
		abort();
	return &config;
}

static bool
refresh(struct db *db, bool if_stale, struct error *err)
{
	const struct sync_options options = {.if_stale = if_stale, .wait = 1};
	struct sync_report report;
	bool ok = sync_run(db, settings(), &options, &report, err);

	FUZZ_CHECK(report.requests >= 0 && report.keys >= report.foreign);
	FUZZ_CHECK(report.foreign >= 0 && report.gone >= 0);
	FUZZ_CHECK(report.recordings >= report.added);
	return ok;
}

static bool
read_audio(struct db *db, struct error *err)
{
	const struct sync_options options = {.if_stale = false};
	int64_t requests;

	return sync_audio(db, settings(), &options, &requests, err);
}

static bool
drain(struct db *db, struct error *err)
{
	static const volatile sig_atomic_t stop;
	const struct uuid owner = fake_mysql_id(1);
	struct pending_report report;

	return pending_drain(db, settings(), &owner, &stop, &report, err);
}

static bool
visit(void *context, const struct relink_row *row, struct error *err)
{
	(void)context;
	(void)err;
	FUZZ_CHECK(row->dj_name != NULL && row->result != NULL);
	FUZZ_CHECK(row->result->got.count <= MATCH_MAX_PARTS);
	for (size_t i = 0; i < row->result->got.count; i++)
		FUZZ_CHECK(row->result->got.parts[i].offset >= 0 ||
		    fake_mysql.nonsense);
	return true;
}

static bool
relink(struct db *db, bool write, struct error *err)
{
	return relink_since(db, settings(), NOW - 24 * USEC_PER_HOUR, NOW,
	    write, visit, NULL, err);
}

static bool
run(struct db *db, unsigned what, struct error *err)
{
	unsigned linked;

	switch (what % 8) {
	case 0:
	case 1:
		return refresh(db, what % 8 == 1, err);
	case 2:
		return read_audio(db, err);
	case 3:
	case 4:
		return drain(db, err);
	case 5:
	case 6:
		return relink(db, what % 8 == 5, err);
	default:
		return relink_sets(db, settings(), NOW, &linked, err);
	}
}

/* An error says what is wrong; one of our own making only where the rows are
 * nonsense. */
static void
check_error(const struct error *err)
{
	FUZZ_CHECK(err->code > ERROR_OK && err->code < ERROR__MAX);
	FUZZ_CHECK(err->detail[0] != '\0');
	FUZZ_CHECK(err->code != ERROR_MEMORY || fake_system.memory_was_short ||
	    fake_mysql.out_of_memory);
	FUZZ_CHECK(err->code != ERROR_INTERNAL || fake_mysql.nonsense ||
	    fake_s3.nonsense || fake_system.memory_was_short);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	unsigned what = fuzz_byte(&in), allocations = fuzz_byte(&in);
	size_t len = fuzz_below(&in, 65536);
	struct db *db = db_new(settings(), 5);
	struct error err = {.code = ERROR_OK};

	if (db == NULL)
		abort();
	if (len > in.left)
		len = in.left;
	log_set_level(LOG_DEBUG);
	fake_s3_begin(in.at, len);
	fake_mysql_begin(in.at + len, in.left - len, NOW);
	fake_system = (struct fake_system){
	    .now = NOW, .allocations_left = allocations};
	fake_system.watched = true;
	if (!run(db, what, &err))
		check_error(&err);
	fake_system.watched = false;
	db_free(db);
	FUZZ_CHECK(fake_mysql.handles == 0 && fake_s3.clients == 0);
	return 0;
}

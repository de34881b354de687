/* SPDX-License-Identifier: MIT */
/* Gathering the keys of a listing into recordings. */
#include "base/array.h"
#include "recorder/gather.h"

#include <stdlib.h>

#include "tap.h"

#define R1   "10b26ce0-75ff-4548-84e1-c91d955b1151"
#define R2   "6cc49ce1-2d89-448d-a657-ba7166547c51"
#define S1   "00000000-0000-4000-8000-000000000001"
#define S2   "00000000-0000-4000-8000-000000000002"
#define LAST "ffffffff-ffff-ffff-ffff-ffffffffffff"
#define ZERO "00000000-0000-0000-0000-000000000000"

#define AT(r, s, file) r "/sessions/" s "/" file
#define CHUNK(n)       "chunks/000000000000000" #n

/* What goes in, and what is known after it: the keys of the recordings that
 * are complete. */
struct step {
	const char *key, *etag;
	int64_t size;
	usec_t modified;
	const char *complete; /* "recorder session", NULL for none */
};

static char *
describe(const struct listed *listed, char *out, size_t size)
{
	char recorder[UUID_TEXT_SIZE], session[UUID_TEXT_SIZE];

	if (listed == NULL)
		return NULL;
	uuid_format(&listed->recording.recorder_id, recorder);
	uuid_format(&listed->recording.id, session);
	(void)snprintf(out, size, "%s %s", recorder, session);
	return out;
}

static bool
add(struct gather *gather, struct arena *arena, const struct step *step,
    struct listed **done)
{
	const struct s3_object object = {.key = step->key,
	    .key_len = strlen(step->key),
	    .etag = step->etag == NULL ? "" : step->etag,
	    .size = step->size,
	    .modified = step->modified};
	struct error err;

	if (gather_add(gather, &object, arena, done, &err))
		return true;
	tap_is_int(err.code, ERROR_INVALID, "the order is refused");
	return false;
}

static void
test_groups(void)
{
	static const struct step steps[] = {
	    {"!", NULL, 1, 0, NULL},
	    {R1 "/metadata.json", NULL, 1, 0, NULL},
	    {AT(R1, S1, "data.ogg"), NULL, 1, 0, NULL},
	    {AT(R1, S1, "metadata.json"), NULL, 1, 0, NULL},
	    {AT(R1, S1, "zzz"), NULL, 1, 0, NULL},
	    {AT(R1, S2, "aaa"), NULL, 1, 0, NULL},
	    {AT(R1, S2, CHUNK(0)), NULL, 1, 0, R1 " " S1},
	    {AT(R1, LAST, "foreign"), NULL, 1, 0, NULL},
	    {R1 "0", NULL, 1, 0, NULL},
	    {R2 "/metadata.json", NULL, 1, 0, NULL},
	    {AT(R2, S1, "data.raw"), NULL, 1, 0, R1 " " S2},
	    {"metadata.json", NULL, 1, 0, NULL},
	    {"metadata.json.bak", NULL, 1, 0, NULL},
	};
	struct gather gather = {0};
	struct arena arena = ARENA_INIT;
	struct listed *done;
	struct error err;
	char text[2 * UUID_TEXT_SIZE];

	for (size_t i = 0; i < LENGTH(steps); i++)
		if (add(&gather, &arena, &steps[i], &done))
			tap_is_str(describe(done, text, sizeof(text)),
			    steps[i].complete, "%s", steps[i].key);
	tap_ok(gather_end(&gather, &arena, &done, &err), "the end");
	tap_is_str(describe(done, text, sizeof(text)), R2 " " S1,
	    "completes the last one");
	tap_ok(
	    gather_end(&gather, &arena, &done, &err) && done == NULL, "once");
	tap_is_int(gather.keys, 13, "keys");
	tap_is_int(gather.foreign, 6, "foreign ones");
	arena_free(&arena);
}

static void
test_content(void)
{
	static const struct step steps[] = {
	    {AT(R1, S1, CHUNK(0)), "c0", 5, 100, NULL},
	    {AT(R1, S1, CHUNK(1)), "c1", 5, 300, NULL},
	    {AT(R1, S1, CHUNK(2)), "c2", 5, 200, NULL},
	    {AT(R1, S1, CHUNK(3)), "c2", 5, -5, NULL},
	    {AT(R1, S1, "data.flac"), "flac-7", 7, 400, NULL},
	    {AT(R1, S1, "data.ogg"), "ogg", 8, 400, NULL},
	    {AT(R1, S1, "data.raw"), "raw", 9, 400, NULL},
	    {AT(R1, S1, "metadata.json"), "meta", 250, 400, NULL},
	    {AT(R1, S1, "overview.png"), "d41d8", 0, 400, NULL},
	};
	struct gather gather = {0};
	struct arena arena = ARENA_INIT;
	struct listed *done;
	const struct recording *r;
	struct error err;

	for (size_t i = 0; i < LENGTH(steps); i++)
		if (!add(&gather, &arena, &steps[i], &done) || done != NULL)
			tap_ok(false, "%s", steps[i].key);
	if (!gather_end(&gather, &arena, &done, &err) || done == NULL)
		exit(1);
	/* What was found is a copy. */
	memset(&gather, 'x', sizeof(gather));
	r = &done->recording;
	tap_is_int(r->chunks, 4, "chunks");
	tap_ok(r->has_newest_chunk && r->newest_chunk == 300, "the newest");
	tap_is_int(r->files[RECORDING_OGG].size, 8, "OGG: size");
	tap_is_str(r->files[RECORDING_OGG].etag, "ogg", "OGG: ETag");
	tap_is_int(r->files[RECORDING_FLAC].size, 7, "FLAC: size");
	tap_is_str(r->files[RECORDING_FLAC].etag, "flac-7", "FLAC: ETag");
	tap_is_int(r->files[RECORDING_OVERVIEW].size, 0, "an empty picture");
	tap_is_int(r->files[RECORDING_WAVEFORM].size, -1, "no waveform");
	tap_is_str(r->files[RECORDING_WAVEFORM].etag, "", "so no ETag");
	tap_is_int(done->metadata_size, 250, "metadata: size");
	tap_is_str(r->metadata_etag, "meta", "metadata: ETag");
	tap_is_str(r->name, "", "no name yet");
	tap_ok(!r->has_start && !r->has_end && !r->closed && !r->gone,
	    "nothing is known of its times");
	arena_free(&arena);
}

/* They come in the listing before their recordings. */
static void
test_recorders(void)
{
	static const struct step steps[] = {
	    {R1 "/metadata.json", "one", 1, 0, NULL},
	    {AT(R1, S1, "metadata.json"), "meta", 1, 0, NULL},
	    {R2 "/metadata.json", "", 7, 8, NULL},
	    {R2 "/metadata.json/x", "foreign", 1, 0, NULL},
	};
	struct gather gather = {0};
	struct arena arena = ARENA_INIT;
	struct listed *done;
	const struct listed_recorder *last, *first;
	char id[UUID_TEXT_SIZE];

	for (size_t i = 0; i < LENGTH(steps); i++)
		if (!add(&gather, &arena, &steps[i], &done) || done != NULL)
			tap_ok(false, "%s", steps[i].key);
	last = gather.recorders;
	first = last == NULL ? NULL : last->next;
	if (!tap_ok(first != NULL && first->next == NULL, "two recorders"))
		exit(1);
	uuid_format(&first->id, id);
	tap_is_str(id, R1, "the first");
	tap_is_str(first->etag, "one", "its ETag");
	uuid_format(&last->id, id);
	tap_is_str(id, R2, "the last");
	tap_is_str(last->etag, "none-7-8", "what stands for its ETag");
	arena_free(&arena);
}

/* The ETag that the index gets for one of a listing. */
static void
test_etag(const char *etag, const char *want, const char *name)
{
	const struct step step = {
	    AT(R1, S1, "metadata.json"), etag, 12, 34, NULL};
	struct gather gather = {0};
	struct arena arena = ARENA_INIT;
	struct listed *done;
	struct error err;

	if (!add(&gather, &arena, &step, &done) ||
	    !gather_end(&gather, &arena, &done, &err) || done == NULL)
		exit(1);
	tap_is_str(done->recording.metadata_etag, want, "%s", name);
	arena_free(&arena);
}

static void
test_etags(void)
{
	char longest[GATHER_ETAG_MAX + 1], longer[GATHER_ETAG_MAX + 6];

	memset(longest, 'e', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	memset(longer, 'e', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	test_etag(longest, longest, "the longest ETag");
	test_etag(longer, longest, "a longer one is cut");
	test_etag("", "none-12-34", "no ETag");
	test_etag("J\xc3\xbcrgen", "none-12-34", "one that is not ASCII");
	test_etag("a b", "none-12-34", "one with a space");
}

/* Whether `second` may come after `first`. */
static void
test_order(const char *first, const char *second, bool right)
{
	const struct step steps[] = {
	    {first, "", 1, 0, NULL}, {second, "", 1, 0, NULL}};
	struct gather gather = {0};
	struct arena arena = ARENA_INIT;
	struct listed *done;

	if (!add(&gather, &arena, &steps[0], &done))
		exit(1);
	tap_ok(add(&gather, &arena, &steps[1], &done) == right, "%s then %s",
	    first, second);
	arena_free(&arena);
}

int
main(void)
{
	test_groups();
	test_content();
	test_recorders();
	test_etags();
	test_order(
	    AT(ZERO, ZERO, "data.ogg"), AT(LAST, LAST, "data.ogg"), true);
	test_order(AT(R1, S1, "data.ogg"), AT(R1, S1, "data.flac"), true);
	test_order(AT(R1, S2, "data.ogg"), AT(R1, S1, "data.ogg"), false);
	test_order(AT(R2, S1, "data.ogg"), AT(R1, S2, "data.ogg"), false);
	test_order(AT(R2, S1, "data.ogg"), "0", true);
	return tap_done();
}

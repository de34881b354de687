/* SPDX-License-Identifier: MIT */
/* Memory, ids, and errors. */
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/uuid.h"
#include "tap.h"

static bool
all_zero(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != 0)
			return false;
	return true;
}

/* Every size is aligned and zeroed, also where memory is used again. */
static size_t
bad_allocations(struct arena *arena)
{
	size_t bad = 0;

	for (size_t n = 0; n < 2000; n += 7) {
		unsigned char *p = arena_alloc(arena, n);

		if (p == NULL || (uintptr_t)p % _Alignof(max_align_t) != 0 ||
		    !all_zero(p, n))
			bad++;
		else
			memset(p, 0xa5, n);
	}
	return bad;
}

static void
test_arena(void)
{
	volatile size_t huge = SIZE_MAX;
	struct arena arena = ARENA_INIT;
	unsigned char *big;
	char *first, *text;

	tap_is_int((long long)bad_allocations(&arena), 0, "aligned, zeroed");
	arena_reset(&arena);
	tap_is_int((long long)bad_allocations(&arena), 0, "also after a reset");
	arena_reset(&arena);
	first = arena_copy(&arena, "x", 1);
	arena_reset(&arena);
	tap_ok(first != NULL && arena_copy(&arena, "y", 1) == first,
	    "one block is kept and used again");
	big = arena_alloc(&arena, 1 << 20);
	tap_ok(big != NULL && all_zero(big, 1 << 20), "larger than a block");
	arena_reset(&arena);
	tap_is_int((long long)bad_allocations(&arena), 0, "and then small");
	text = arena_copy(&arena, "a\0b", 3);
	tap_ok(text != NULL && memcmp(text, "a\0b", 4) == 0, "copy with a NUL");
	tap_is_str(arena_copy(&arena, NULL, 0), "", "an empty copy");
	tap_is_str(arena_printf(&arena, "%s-%d", "x", 7), "x-7", "printf");
	text = arena_printf(&arena, "%40000d", 1);
	tap_ok(text != NULL && strlen(text) == 40000, "a long printf");
	tap_ok(arena_alloc(&arena, huge) == NULL, "no memory of any size");
	tap_ok(arena_alloc(&arena, huge / 2) == NULL, "nor of half of that");
	tap_ok(arena_copy(&arena, "", huge) == NULL, "nor a copy");
	arena_free(&arena);
	arena_free(&arena);
	tap_ok(arena_alloc(&arena, 1) != NULL, "usable after it was freed");
	arena_free(&arena);
}

static void
test_buf(void)
{
	volatile size_t huge = SIZE_MAX / 2;
	struct buf buf = BUF_INIT;

	tap_is_str(buf_text(&buf), "", "empty at first");
	buf_puts(&buf, "ab");
	buf_putc(&buf, 'c');
	buf_printf(&buf, "%d", 45);
	buf_add(&buf, "\0d", 2);
	tap_ok(buf.len == 7 && memcmp(buf.data, "abc45\0d", 8) == 0,
	    "bytes, texts, formats");
	for (int i = 0; i < 20000; i++)
		buf_printf(&buf, "%05d", i);
	tap_ok(buf.len == 100007 && strcmp(buf.data + 100002, "19999") == 0,
	    "it grows");
	buf_add(&buf, "", huge);
	tap_ok(buf.failed && buf_text(&buf) == NULL, "too much fails");
	buf_puts(&buf, "more");
	buf_printf(&buf, "more");
	tap_ok(buf.len == 100007 && buf_text(&buf) == NULL, "and stays so");
	buf_reset(&buf, buf.cap);
	tap_ok(!buf.failed && buf.cap > 0, "a reset keeps so much memory");
	tap_is_str(buf_text(&buf), "", "and is empty");
	buf_puts(&buf, "again");
	tap_is_str(buf_text(&buf), "again", "and usable");
	buf_reset(&buf, buf.cap - 1);
	tap_ok(
	    buf.cap == 0 && buf.data == NULL, "more than that is given back");
	tap_is_str(buf_text(&buf), "", "empty then, too");
	buf_free(&buf);
}

static const struct {
	const char *text, *out; /* NULL: refused */
} uuids[] = {
    {"00000000-0000-0000-0000-000000000000",
	"00000000-0000-0000-0000-000000000000"},
    {"0192f8a1-7b3c-7def-89ab-cdef01234567",
	"0192f8a1-7b3c-7def-89ab-cdef01234567"},
    {"0192F8A1-7B3C-7DEF-89AB-CDEF01234567",
	"0192f8a1-7b3c-7def-89ab-cdef01234567"},
    {"fFfFfFfF-ffff-ffff-ffff-ffffffffffff",
	"ffffffff-ffff-ffff-ffff-ffffffffffff"},
    {"", NULL},
    {"0192f8a1-7b3c-7def-89ab-cdef0123456", NULL},
    {"0192f8a1-7b3c-7def-89ab-cdef012345678", NULL},
    {"0192f8a17b3c7def89abcdef01234567", NULL},
    {"{192f8a1-7b3c-7def-89ab-cdef0123456}", NULL},
    {" 192f8a1-7b3c-7def-89ab-cdef01234567", NULL},
    {"0192f8a1-7b3c-7def-89ab-cdef0123456g", NULL},
    {"0192f8a1_7b3c_7def_89ab_cdef01234567", NULL},
    {"0192f8a-17b3c-7def-89ab-cdef01234567", NULL},
    {"0192f8a1-7b3c-7def-89abcdef-01234567", NULL},
    {"\xc3\xbc"
     "92f8a1-7b3c-7def-89ab-cdef01234567",
	NULL},
};

static void
test_uuid_text(void)
{
	char out[UUID_TEXT_SIZE];
	struct uuid id;

	for (size_t i = 0; i < LENGTH(uuids); i++) {
		size_t len = strlen(uuids[i].text);
		bool ok = uuid_parse(uuids[i].text, len, &id);

		if (ok)
			uuid_format(&id, out);
		tap_is_str(ok ? out : NULL, uuids[i].out, "uuid \"%s\"",
		    uuids[i].text);
	}
}

static void
test_uuid_make(void)
{
	const usec_t t = INT64_C(1795262400123999);
	char a[UUID_TEXT_SIZE], b[UUID_TEXT_SIZE];
	struct uuid first, second, later;
	struct error err;

	tap_ok(uuid_make(t, &first, &err) && uuid_make(t, &second, &err) &&
		uuid_make(t + 1000, &later, &err),
	    "ids are made");
	uuid_format(&first, a);
	uuid_format(&later, b);
	tap_ok(
	    memcmp(a, "01a1fdfa-467b-7", 15) == 0, "time and version: %s", a);
	tap_ok(strchr("89ab", a[19]) != NULL, "the variant");
	tap_ok(uuid_compare(&first, &second) != 0, "the rest is random");
	tap_ok(uuid_compare(&first, &later) < 0 && strcmp(a, b) < 0 &&
		uuid_compare(&later, &second) > 0,
	    "they sort by time");
	tap_is_int(uuid_compare(&first, &first), 0, "equal to itself");
}

static void
test_errors(void)
{
	struct error err = {0};
	char text[400];

	for (int i = 0; i < ERROR__MAX; i++) {
		const char *name = error_name((enum error_code)i);

		tap_ok(name != NULL && strcmp(name, "unknown") != 0,
		    "error %d has the name %s", i, name == NULL ? "-" : name);
	}
	tap_is_str(error_name(ERROR__MAX), "unknown", "any other has, too");
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	tap_ok(!error_set(&err, ERROR_INVALID, "%s", text) &&
		strlen(err.detail) == sizeof(err.detail) - 1,
	    "a long detail is cut");
	(void)error_set(&err, ERROR_UNAVAILABLE, "lost");
	tap_ok(!error_unsure(&err) && !error_unsure(&err) && err.unsure &&
		strcmp(err.detail,
		    "lost: look whether the change has been made") == 0,
	    "that a change may have been made is said once: %s", err.detail);
	(void)error_set(&err, ERROR_CONFLICT, "short");
	tap_ok(!error_set(&err, ERROR_INVALID, "in it: %s", err.detail) &&
		err.code == ERROR_INVALID,
	    "the second call replaces the first");
	tap_is_str(err.detail, "in it: short", "and may quote it");
	tap_ok(!error_memory(&err) && err.code == ERROR_MEMORY, "memory");
}

int
main(void)
{
	test_arena();
	test_buf();
	test_uuid_text();
	test_uuid_make();
	test_errors();
	return tap_done();
}

/* The JSON writer: yajl's generator into a buffer. */
#include <string.h>
#include <yajl/yajl_gen.h>

#include "base/decimal.h"
#include "base/json.h"
#include "base/json_memory.h"
#include "base/utf8.h"

static void
print(void *context, const char *text, size_t len)
{
	buf_add(context, text, len);
}

bool
json_writer_open(struct json_writer *w, struct arena *arena, struct buf *out,
    struct error *err)
{
	/* The generator keeps a pointer to the hooks' context, but allocates
	 * only here: its output goes to `out`. */
	struct json_memory *memory = arena_alloc(arena, sizeof(*memory));
	yajl_alloc_funcs funcs;
	yajl_gen gen;

	if (memory == NULL)
		return error_memory(err);
	memory->arena = arena;
	funcs = json_memory_funcs(memory);
	if (setjmp(memory->failed) != 0)
		return error_memory(err);
	gen = yajl_gen_alloc(&funcs);
	if (gen == NULL ||
	    yajl_gen_config(gen, yajl_gen_print_callback, print, out) == 0)
		return error_memory(err);
	w->out = out;
	w->gen = gen;
	return true;
}

/* A status but OK means that the calls do not make a JSON text. */
static void
check(struct json_writer *w, yajl_gen_status status)
{
	if (status != yajl_gen_status_ok)
		w->out->failed = true;
}

void
json_object_begin(struct json_writer *w)
{
	check(w, yajl_gen_map_open(w->gen));
}

void
json_object_end(struct json_writer *w)
{
	check(w, yajl_gen_map_close(w->gen));
}

void
json_array_begin(struct json_writer *w)
{
	check(w, yajl_gen_array_open(w->gen));
}

void
json_array_end(struct json_writer *w)
{
	check(w, yajl_gen_array_close(w->gen));
}

void
json_key(struct json_writer *w, const char *name)
{
	check(w,
	    yajl_gen_string(w->gen, (const unsigned char *)name, strlen(name)));
}

void
json_string(struct json_writer *w, const char *text)
{
	struct buf scratch = BUF_INIT;

	if (text == NULL) {
		json_null(w);
		return;
	}
	text = utf8_repair(text, &scratch);
	if (text == NULL)
		w->out->failed = true;
	else
		check(w,
		    yajl_gen_string(
			w->gen, (const unsigned char *)text, strlen(text)));
	buf_free(&scratch);
}

void
json_number(struct json_writer *w, int64_t number)
{
	check(w, yajl_gen_integer(w->gen, number));
}

/* yajl itself writes twenty digits. JSON has no word for a number that is none,
 * nor for infinity. */
void
json_decimal(struct json_writer *w, double number)
{
	char text[DECIMAL_SIZE];

	if (decimal_format(number, text))
		check(w, yajl_gen_number(w->gen, text, strlen(text)));
	else
		w->out->failed = true;
}

void
json_bool(struct json_writer *w, bool truth)
{
	check(w, yajl_gen_bool(w->gen, truth));
}

void
json_null(struct json_writer *w)
{
	check(w, yajl_gen_null(w->gen));
}

/* SPDX-License-Identifier: MIT */
/* Declared parameters: what a route takes from path, query and body, checked
 * once before its handler runs. */
#ifndef SETLINK_HTTP_PARAM_H
#define SETLINK_HTTP_PARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"
#include "http/request.h"

#define PARAM_MAX 12

/* Where a parameter may stand; in several places at once is "given twice". */
enum param_source { PARAM_PATH = 1, PARAM_QUERY = 2, PARAM_BODY = 4 };

enum param_type {
	PARAM_UUID,
	PARAM_UUIDS,   /* a JSON array of min..max different ones */
	PARAM_INTEGER, /* min..max */
	PARAM_DECIMAL, /* min..max, a JSON number */
	PARAM_BOOL,    /* true or false */
	PARAM_TIME,    /* RFC 3339, since 1970 */
	PARAM_CHOICE,  /* one of the words of `choices` */
	PARAM_NAME,    /* min..max characters after trimming, no controls */
	PARAM_TEXT,    /* the same, but lines may break in it; no characters
			* are "not given" */
	PARAM_EMAIL, /* something@something; the empty text is given as NULL */
	PARAM_TOKEN  /* an opaque text that the handler checks */
};

struct param {
	const char *name;
	unsigned sources;
	enum param_type type;
	bool required;
	int64_t min, max;
	const char *choices; /* words separated by single spaces */
};

struct param_value {
	bool given;
	int64_t number;
	double decimal;
	bool truth;
	struct uuid id;
	const struct uuid *ids; /* in the arena */
	size_t n_ids;
	usec_t time;
	const char *text;
};

/* Read the parameters of a list that ends with a NULL name. `pattern` is the
 * route's. values[i] belongs to params[i]. Errors: INVALID, which names the
 * parameter and why; MEDIA_TYPE for a body that is not application/json. */
bool param_read(const struct request *request, const char *pattern,
    const struct param *params, struct param_value values[PARAM_MAX],
    struct error *err) MUST_CHECK;

/* Whether the body says that it is application/json, with any parameters
 * (RFC 9110, 8.3.1). */
bool param_is_json(const struct request *request);

/* Whether `word` is one of the words of `choices`. */
bool param_is_choice(const char *choices, const char *word);

#endif

/* SPDX-License-Identifier: MIT */
/* Making parameters. */
#include <string.h>

#include "db/db.h"

struct db_value
db_null(void)
{
	return (struct db_value){.type = DB_NULL};
}

struct db_value
db_int(int64_t number)
{
	return (struct db_value){.type = DB_INT, .as.number = number};
}

struct db_value
db_double(double number)
{
	return (struct db_value){.type = DB_DOUBLE, .as.decimal = number};
}

struct db_value
db_text(const char *text)
{
	struct db_value value = {.type = DB_TEXT};

	if (text == NULL)
		return db_null();
	value.as.text.bytes = text;
	value.as.text.len = strlen(text);
	return value;
}

struct db_value
db_uuid(const struct uuid *id)
{
	struct db_value value = {.type = DB_UUID};

	if (id == NULL)
		return db_null();
	value.as.id = *id;
	return value;
}

struct db_value
db_time(usec_t time)
{
	return (struct db_value){.type = DB_TIME, .as.time = time};
}

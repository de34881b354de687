/* SPDX-License-Identifier: MIT */
/* The syntax of settings: files of them, and endpoints. */
#include <stdlib.h>

#include "base/array.h"
#include "base/config.h"
#include "base/envfile.h"
#include "tap.h"

static struct arena arena = ARENA_INIT;

/* On the heap, so that the address sanitizer sees a read too far. */
static bool
parse(const char *text, size_t len, struct env_entry **out, struct error *err)
{
	char *copy = malloc(len == 0 ? 1 : len);
	bool ok;

	if (copy == NULL)
		abort();
	memcpy(copy, text, len);
	ok = env_parse(&arena, copy, len, out, err);
	free(copy);
	return ok;
}

static const struct {
	const char *text;
	const char *value; /* of A; NULL: it is not there */
} files[] = {
    {"", NULL},
    {"\n\n", NULL},
    {"# A=1\n  # A=2\n\t#A=3", NULL},
    {"AA=1\na=2\n", NULL},
    {"A=1", "1"},
    {"A=1\n", "1"},
    {"A=1\r\n", "1"},
    {"\r\nA=1\r\nB=2\r\n", "1"},
    {"  A = 1  \n", "1"},
    {"\tA\t=\t1\t\n", "1"},
    {"A=", ""},
    {"A=\nB=1", ""},
    {"A=   \r\n", ""},
    {"B=1\nA=2\nC=3", "2"},
    {"export A=1", "1"},
    {"  export   A=1", "1"},
    {"export=1\nA=2", "2"},

    /* Bare. */
    {"A=a b  c", "a b  c"},
    {"A=a=b==", "a=b=="},
    {"A=a#b", "a#b"},
    {"A=a #b", "a"},
    {"A=a\t# b", "a"},
    {"A=#b", ""},
    {"A= # b", ""},
    {"A=a\\nb$C", "a\\nb$C"},
    {"A=a'b\"c", "a'b\"c"},
    {"A=J\xc3\xbcrgen", "J\xc3\xbcrgen"},

    /* Quoted. */
    {"A=''", ""},
    {"A=\"\"", ""},
    {"A=' a # b '", " a # b "},
    {"A='a\\n\"$B'", "a\\n\"$B"},
    {"A='a' # comment", "a"},
    {"A=\"a\"#comment", "a"},
    {"A=\" a # b \"  ", " a # b "},
    {"A=\"'\"", "'"},
    {"A=\"\\\"\\\\\\$\\n\"", "\"\\$\n"},
    {"A=\"$B\"", "$B"},
    {"A=\"a\"\r\n", "a"},
    {"export A='1'", "1"},
};

static void
test_files(void)
{
	struct env_entry *entries;
	struct error err;

	for (size_t i = 0; i < LENGTH(files); i++) {
		const char *text = files[i].text, *got;

		if (parse(text, strlen(text), &entries, &err))
			got = env_find(entries, "A");
		else
			got = err.detail;
		tap_is_str(got, files[i].value, "settings file, row %zu", i);
	}
}

/* "hunter2" and "PASTED" must not be shown. */
static const struct {
	const char *text;
	unsigned line;
} malformed[] = {
    {"hunter2", 1},
    {"\n# comment\nhunter2\n", 3},
    {"A=1\r\nPASTED hunter2\r\n", 2},
    {"=hunter2", 1},
    {"1PASTED=hunter2", 1},
    {"PAS-TED=hunter2", 1},
    {"PASTED hunter2=1", 1},
    {"export PASTED", 1},
    {"export =hunter2", 1},
    {"\xc3\xbc=hunter2", 1},
    {"A=1\nB='hunter2", 2},
    {"A=1\n\nB=\"hunter2", 3},
    {"A=\"hunter2\nB=1\"", 1},
    {"A='hunter2\nB=1'", 1},
    {"A=\"hunter2\\\"", 1},
    {"A=\"hunter2\\", 1},
    {"A=\"hunter2\\t\"", 1},
    {"A='hunter2'PASTED", 1},
    {"A=\"hunter2\" PASTED", 1},
    {"A=hunter2\nA=hunter2", 2},
    {"A=hunter2\n\nB=1\nexport A='PASTED'", 4},
    {"\xef\xbb\xbfPASTED=hunter2", 1},
};

static void
test_malformed(void)
{
	struct env_entry *entries;
	struct error err = {0};
	char line[20];

	for (size_t i = 0; i < LENGTH(malformed); i++) {
		const char *text = malformed[i].text;
		bool ok = parse(text, strlen(text), &entries, &err);

		(void)snprintf(
		    line, sizeof(line), "line %u: ", malformed[i].line);
		tap_ok(!ok && err.code == ERROR_INVALID &&
			strncmp(err.detail, line, strlen(line)) == 0 &&
			strstr(err.detail, "hunter2") == NULL &&
			strstr(err.detail, "PASTED") == NULL,
		    "malformed, row %zu: %s", i, err.detail);
	}
	tap_ok(
	    !parse("A=1\0B=2", 7, &entries, &err) && err.code == ERROR_INVALID,
	    "a NUL byte: %s", err.detail);
}

static const struct {
	const char *text;
	const char *authority, *host, *prefix;
	unsigned port;
} endpoints[] = {
    {"http://localhost", "localhost", "localhost", "", 80},
    {"http://localhost/", "localhost", "localhost", "", 80},
    {"http://localhost:9000", "localhost:9000", "localhost", "", 9000},
    {"http://localhost:80", "localhost", "localhost", "", 80},
    {"http://localhost:080", "localhost", "localhost", "", 80},
    {"http://localhost:443", "localhost:443", "localhost", "", 443},
    {"https://localhost", "localhost", "localhost", "", 443},
    {"https://localhost:443", "localhost", "localhost", "", 443},
    {"https://localhost:80", "localhost:80", "localhost", "", 80},
    {"https://localhost:65535", "localhost:65535", "localhost", "", 65535},
    {"https://Media.Example.ORG:9000", "media.example.org:9000",
	"media.example.org", "", 9000},
    {"http://minio_1", "minio_1", "minio_1", "", 80},
    {"http://192.0.2.7:9000", "192.0.2.7:9000", "192.0.2.7", "", 9000},
    {"http://[::1]", "[::1]", "::1", "", 80},
    {"http://[2001:DB8::1]:9000", "[2001:db8::1]:9000", "2001:db8::1", "",
	9000},
    {"https://[::ffff:192.0.2.7]:443/s3", "[::ffff:192.0.2.7]",
	"::ffff:192.0.2.7", "/s3", 443},
    {"http://h/s3", "h", "h", "/s3", 80},
    {"http://h/s3/", "h", "h", "/s3", 80},
    {"http://h/S3/a_b-c.d~e///", "h", "h", "/S3/a_b-c.d~e", 80},
    {"http://h:9000/s3", "h:9000", "h", "/s3", 9000},
    {"http://h//", "h", "h", "", 80},
};

static void
test_endpoints(void)
{
	struct endpoint e;
	struct error err;

	for (size_t i = 0; i < LENGTH(endpoints); i++) {
		const char *text = endpoints[i].text;

		e = (struct endpoint){0};
		if (!tap_ok(endpoint_parse(&arena, text, &e, &err), "%s", text))
			continue;
		tap_is_str(e.authority, endpoints[i].authority, "authority");
		tap_is_str(e.host, endpoints[i].host, "host");
		tap_is_str(e.prefix, endpoints[i].prefix, "prefix");
		tap_ok(e.port == endpoints[i].port && e.tls == (text[4] == 's'),
		    "port and scheme");
	}
}

static const char *const not_endpoints[] = {
    "",
    "localhost",
    "localhost:9000",
    "//localhost",
    "ftp://localhost",
    "s3://bucket",
    "http:/localhost",
    "http:localhost",
    " http://localhost",
    "http://",
    "http:///s3",
    "http://:9000",
    "http://localhost ",
    "http://local host",
    "http://localhost:",
    "http://localhost:/",
    "http://localhost:0",
    "http://localhost:65536",
    "http://localhost:-1",
    "http://localhost:+80",
    "http://localhost: 80",
    "http://localhost:80x",
    "http://localhost:0x50",
    "http://localhost:99999999999999999999999",
    "http://user@localhost",
    "http://user:secret@localhost",
    "http://localhost?x=1",
    "http://localhost/s3?x=1",
    "http://localhost#x",
    "http://localhost/a#x",
    "http://localhost/a b",
    "http://localhost/%41",
    "http://localhost/\"",
    "http://localhost/a\n",
    "http://localhost\r\nX: y",
    "http://local\xc3\xbc",
    "http://localhost/\xc3\xbc",
    "http://localhost\\a",
    "http://h,http://i",
    "http://::1",
    "http://[::1",
    "http://[]",
    "http://[:",
    "http://[localhost]",
    "http://[:::]",
    "http://[::::::]",
    "http://[1::2::3]",
    "http://[12345::]",
    "http://[192.0.2.7]",
    "http://[192.0.2.7]:80",
    "http://[]:80",
    "http://[::1]x",
    "http://[::1%25lo]",
};

static void
test_not_endpoints(void)
{
	struct endpoint e;
	struct error err = {0};
	char name[300];

	for (size_t i = 0; i < LENGTH(not_endpoints); i++) {
		bool ok = endpoint_parse(&arena, not_endpoints[i], &e, &err);

		tap_ok(!ok && err.code == ERROR_INVALID,
		    "no endpoint, row %zu: must %s", i, err.detail);
	}
	(void)snprintf(name, sizeof(name), "http://%0253d", 1);
	tap_ok(endpoint_parse(&arena, name, &e, &err), "253 letters");
	(void)snprintf(name, sizeof(name), "http://%0254d", 1);
	tap_ok(!endpoint_parse(&arena, name, &e, &err), "254 letters");
}

int
main(void)
{
	test_files();
	test_malformed();
	test_endpoints();
	test_not_endpoints();
	arena_free(&arena);
	return tap_done();
}

/* SPDX-License-Identifier: MIT */
/* Texts of others: UTF-8, log lines, addresses. */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"
#include "base/log.h"
#include "base/network.h"
#include "base/utf8.h"
#include "tap.h"

static const struct {
	const char *text;
	int count; /* characters; -1: not UTF-8 */
} utf8_texts[] = {
    {"", 0},
    {"abc", 3},
    {"\x7f", 1},
    {"J\xc3\xbcrgen", 6},
    {"\xc2\x80", 1},
    {"\xdf\xbf", 1},
    {"\xe0\xa0\x80", 1},
    {"\xed\x9f\xbf", 1},
    {"\xee\x80\x80", 1},
    {"\xef\xbf\xbf", 1},
    {"\xf0\x90\x80\x80", 1},
    {"\xf4\x8f\xbf\xbf", 1},
    {"\xf0\x9f\x8e\xa7 \xf0\x9f\x8e\xb6", 3},
    {"\xc0\x80", -1},         /* overlong */
    {"\xc1\xbf", -1},         /* overlong */
    {"\xe0\x9f\xbf", -1},     /* overlong */
    {"\xf0\x8f\xbf\xbf", -1}, /* overlong */
    {"\xed\xa0\x80", -1},     /* U+D800 */
    {"\xed\xbf\xbf", -1},     /* U+DFFF */
    {"\xf4\x90\x80\x80", -1}, /* U+110000 */
    {"\xf5\x80\x80\x80", -1},
    {"\xf8\x88\x80\x80\x80", -1},
    {"\xff", -1},
    {"\x80", -1},
    {"a\xbf", -1},
    {"\xc3", -1},
    {"\xc3z", -1},
    {"\xe2\x82", -1},
    {"\xe2\x82z", -1},
    {"\xf0\x9f\x8e", -1},
    {"\xf0\x9f\x8e\xc3", -1},
};

/* On the heap, so that the address sanitizer sees a read too far. */
static char *
heap_copy(const char *text)
{
	size_t len = strlen(text);
	char *copy = malloc(len == 0 ? 1 : len);

	if (copy == NULL)
		abort();
	return memcpy(copy, text, len);
}

static void
test_utf8_valid(void)
{
	for (size_t i = 0; i < LENGTH(utf8_texts); i++) {
		size_t len = strlen(utf8_texts[i].text);
		char *copy = heap_copy(utf8_texts[i].text);
		int count = -1;

		if (utf8_valid(copy, len))
			count = (int)utf8_count(copy, len);
		tap_is_int(count, utf8_texts[i].count, "UTF-8, row %zu", i);
		free(copy);
	}
}

static const struct {
	const char *text, *trimmed;
} trims[] = {
    {"", ""},
    {"a", "a"},
    {" ", ""},
    {" \t\r\n\v\f", ""},
    {"  a b\t", "a b"},
    {"\xc2\xa0"
     "a\xc2\x85",
	"a"},
    {"\xe3\x80\x80\xe2\x80\x83\xc3\xbc\xe2\x80\xa8\xe1\x9a\x80", "\xc3\xbc"},
    {"\xe2\x80\x8b"
     "a",
	"\xe2\x80\x8b"
	"a"}, /* no white space */
    {"\xff a \xff", "\xff a \xff"},
};

static void
test_utf8_trim(void)
{
	for (size_t i = 0; i < LENGTH(trims); i++) {
		char *copy = heap_copy(trims[i].text);
		const char *s = copy;
		size_t len = strlen(trims[i].text);

		utf8_trim(&s, &len);
		tap_ok(len == strlen(trims[i].trimmed) &&
			memcmp(s, trims[i].trimmed, len) == 0,
		    "trim, row %zu", i);
		free(copy);
	}
}

static void
test_utf8_controls(void)
{
	static const uint32_t controls[] = {0, 0x1f, 0x7f, 0x80, 0x9f, 0xad,
	    0x61c, 0x200b, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e,
	    0x2060, 0x2066, 0x2069, 0xfeff, 0xfff9, 0xfffb};
	static const uint32_t others[] = {' ', '~', 0xa0, 0xae, 0x61b, 0x200a,
	    0x2027, 0x202f, 0x205f, 0x2070, 0xfffc, 0xfffd, 0x1f3a7};

	for (size_t i = 0; i < LENGTH(controls); i++)
		tap_ok(utf8_is_control(controls[i]), "U+%04X is a control",
		    (unsigned)controls[i]);
	for (size_t i = 0; i < LENGTH(others); i++)
		tap_ok(!utf8_is_control(others[i]), "U+%04X is none",
		    (unsigned)others[i]);
}

static const struct {
	const char *text, *value;
} log_values[] = {
    {NULL, "-"},
    {"", "\"\""},
    {"plain-1.0/x", "plain-1.0/x"},
    {"a b", "\"a b\""},
    {"a=b", "\"a=b\""},
    {"say \"hi\"", "\"say \\\"hi\\\"\""},
    {"back\\slash", "\"back\\\\slash\""},
    {"a\nlevel=error", "\"a\\x0alevel=error\""},
    {"\x1b[31m", "\\x1b[31m"},
    {"\xc3\xbc\x7f", "\\xc3\\xbc\\x7f"},
};

static void
test_log_value(void)
{
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < LENGTH(log_values); i++) {
		buf_reset(&out, 0);
		log_value(&out, log_values[i].text);
		tap_is_str(buf_text(&out), log_values[i].value,
		    "log value, row %zu", i);
	}
	buf_free(&out);
}

/* What `text` becomes on stderr. */
static size_t
logged(enum log_level level, const char *text, char *out, size_t size)
{
	FILE *file = tmpfile();
	int kept = dup(STDERR_FILENO);
	size_t len;

	if (file == NULL || kept < 0 || dup2(fileno(file), STDERR_FILENO) < 0)
		abort();
	log_line(level, "%s", text);
	(void)dup2(kept, STDERR_FILENO);
	(void)close(kept);
	rewind(file);
	len = fread(out, 1, size - 1, file);
	out[len] = '\0';
	(void)fclose(file);
	return len;
}

static void
test_log_line(void)
{
	static char long_text[5000], got[9000];
	const char *after;

	logged(LOG_WARN, "event=x\r\ntime=0 \x1b\xc3\xbc", got, sizeof(got));
	after = strstr(got, "Z level=warn ");
	tap_ok(strncmp(got, "time=2", 6) == 0 && after != NULL, "%.40s", got);
	tap_is_str(after == NULL ? NULL : after + 13,
	    "event=x\\x0d\\x0atime=0 \\x1b\\xc3\\xbc\n", "one line, escaped");
	memset(long_text, '\n', sizeof(long_text) - 1);
	logged(LOG_ERROR, long_text, got, sizeof(got));
	tap_ok(strchr(got, '\n') == got + strlen(got) - 1,
	    "a long text is cut, and is one line");
	tap_is_int((long long)logged(LOG_DEBUG, "x", got, sizeof(got)), 0,
	    "debug is off at first");
	log_set_level(LOG_DEBUG);
	tap_ok(logged(LOG_DEBUG, "x", got, sizeof(got)) > 0, "and then on");
	log_set_level(LOG_ERROR);
	tap_ok(logged(LOG_WARN, "x", got, sizeof(got)) == 0 &&
		log_enabled(LOG_ERROR) && !log_enabled(LOG_WARN),
	    "only errors");
	log_set_level(LOG_INFO);
}

static const struct {
	const char *text;
	bool valid, loopback;
} addresses[] = {
    {"127.0.0.1", true, true},
    {"127.255.255.254", true, true},
    {"::1", true, true},
    {"0:0:0:0:0:0:0:1", true, true},
    {"::ffff:127.0.0.1", true, true},
    {"::FFFF:7f00:1", true, true},
    {"0.0.0.0", true, false},
    {"128.0.0.1", true, false},
    {"192.0.2.7", true, false},
    {"::", true, false},
    {"::2", true, false},
    {"::127.0.0.1", true, false},
    {"2001:DB8::1", true, false},
    {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", true, false},
    {"", false, false},
    {"localhost", false, false},
    {"127.0.0.1 ", false, false},
    {" 127.0.0.1", false, false},
    {"127.1", false, false},
    {"127.0.0.01", false, false},
    {"0x7f.0.0.1", false, false},
    {"2130706433", false, false},
    {"127.0.0.256", false, false},
    {"127.0.0.1:80", false, false},
    {"127.0.0.1/8", false, false},
    {"[::1]", false, false},
    {"::1%lo", false, false},
    {":::1", false, false},
    {"1:2:3:4:5:6:7:8:9", false, false},
    {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555", false, false},
};

static void
test_addresses(void)
{
	struct network_address address, mapped;

	for (size_t i = 0; i < LENGTH(addresses); i++) {
		size_t len = strlen(addresses[i].text);
		char *copy = heap_copy(addresses[i].text);
		bool ok = network_parse_address(copy, len, &address);

		tap_ok(ok == addresses[i].valid &&
			(ok && network_is_loopback(&address)) ==
			    addresses[i].loopback,
		    "address \"%s\"", addresses[i].text);
		free(copy);
	}
	tap_ok(network_parse_address("10.0.0.1", 8, &address) &&
		network_parse_address("::ffff:10.0.0.1", 15, &mapped) &&
		memcmp(&address, &mapped, sizeof(address)) == 0,
	    "IPv4 and its mapped form are one address");
}

static const struct {
	const char *address, *list;
	bool in;
} memberships[] = {
    {"10.1.2.3", "", false},
    {"10.1.2.3", "10.1.2.3", true},
    {"10.1.2.3", "10.1.2.4", false},
    {"10.1.2.3", "10.0.0.0/8", true},
    {"11.1.2.3", "10.0.0.0/8", false},
    {"10.1.2.3", "10.9.9.9/8", true},
    {"10.1.2.3", "10.1.2.2/31", true},
    {"10.1.2.4", "10.1.2.2/31", false},
    {"10.1.2.3", "10.1.2.3/32", true},
    {"10.129.0.0", "10.128.0.0/9", true},
    {"10.127.0.0", "10.128.0.0/9", false},
    {"10.1.2.3", "0.0.0.0/0", true},
    {"2001:db8::1", "0.0.0.0/0", false},
    {"::ffff:10.1.2.3", "10.0.0.0/8", true},
    {"10.1.2.3", "::ffff:10.1.2.3", true},
    {"10.1.2.3", "::ffff:0:0/96", true},
    {"10.1.2.3", "::ffff:10.0.0.0/104", true},
    {"11.1.2.3", "::ffff:10.0.0.0/104", false},
    {"2001:db8::1", "::ffff:0:0/96", false},
    {"2001:db8::1", "2001:db8::/32", true},
    {"2001:db9::1", "2001:db8::/32", false},
    {"2001:db8:0:7fff::", "2001:db8::/49", true},
    {"2001:db8:0:8000::", "2001:db8::/49", false},
    {"2001:db8:1::", "2001:db8::/47", true},
    {"2001:db8:2::", "2001:db8::/47", false},
    {"2001:db8::1", "2001:db8::1/128", true},
    {"2001:db8::2", "2001:db8::1/128", false},
    {"2001:db8::1", "::/0", true},
    {"10.1.2.3", "192.0.2.1, 10.0.0.0/8", true},
    {"10.1.2.3", ",,192.0.2.1\t10.0.0.0/8,,", true},
    {"10.1.2.3", "192.0.2.1,192.0.2.2", false},
};

static const struct {
	const char *list;
	bool valid;
} lists[] = {
    {"", true},
    {" , ,\t", true},
    {"10.0.0.1", true},
    {"10.0.0.1,::1 192.0.2.0/24", true},
    {"10.0.0.0/0", true},
    {"10.0.0.0/32", true},
    {"::/128", true},
    {"::ffff:0:0/96", true},
    {"10.0.0.0/33", false},
    {"::/129", false},
    {"10.0.0.0/", false},
    {"10.0.0.0/-1", false},
    {"10.0.0.0/+8", false},
    {"10.0.0.0/8x", false},
    {"10.0.0.0/ 8", false},
    {"10.0.0.0/8/8", false},
    {"10.0.0.0/255.0.0.0", false},
    {"10.0.0.0/99999999999999999999", false},
    {"/8", false},
    {"10.0.0.1;10.0.0.2", false},
    {"10.0.0.1,proxy.example", false},
    {"10.0.0.1\n", false},
};

static void
test_networks(void)
{
	struct network_address address;

	for (size_t i = 0; i < LENGTH(memberships); i++) {
		const char *text = memberships[i].address;
		bool ok = network_parse_address(text, strlen(text), &address);

		tap_ok(ok &&
			network_in_list(&address, memberships[i].list) ==
			    memberships[i].in,
		    "%s %sin \"%s\"", text, memberships[i].in ? "" : "not ",
		    memberships[i].list);
	}
	for (size_t i = 0; i < LENGTH(lists); i++)
		tap_ok(network_list_valid(lists[i].list) == lists[i].valid,
		    "list, row %zu", i);
}

static const struct {
	const char *text, *name; /* NULL: not a host */
	unsigned port;
} hosts[] = {
    {"localhost", "localhost", 0},
    {"db-1.example", "db-1.example", 0},
    {"db_1:3307", "db_1", 3307},
    {"192.0.2.1", "192.0.2.1", 0},
    {"192.0.2.1:1", "192.0.2.1", 1},
    {"192.0.2.1:65535", "192.0.2.1", 65535},
    {"2001:db8::1", "2001:db8::1", 0},
    {"::1", "::1", 0},
    {"[::1]", "::1", 0},
    {"[2001:db8::1]:3307", "2001:db8::1", 3307},
    {"", NULL, 0},
    {"db:", NULL, 0},
    {"db:0", NULL, 0},
    {"db:65536", NULL, 0},
    {"db:000001", NULL, 0},
    {"db:+1", NULL, 0},
    {"db:1x", NULL, 0},
    {"db:1:2", NULL, 0},
    {":3306", NULL, 0},
    {"[]:3306", NULL, 0},
    {"[::1", NULL, 0},
    {"[::1]3306", NULL, 0},
    {"[::1]:", NULL, 0},
    {"[192.0.2.1]:3306", NULL, 0},
    {"[db]:3306", NULL, 0},
    {"2001:db8::1:65536", NULL, 0},
    {"mysql://db", NULL, 0},
    {"db/x", NULL, 0},
    {"d\xc3\xa4", NULL, 0},
};

static void
test_hosts(void)
{
	struct network_host host;

	for (size_t i = 0; i < LENGTH(hosts); i++) {
		const char *text = hosts[i].text, *name = hosts[i].name;
		bool ok = network_parse_host(text, strlen(text), &host);

		tap_ok(ok == (name != NULL) &&
			(!ok ||
			    (host.len == strlen(name) &&
				memcmp(host.name, name, host.len) == 0 &&
				host.port == hosts[i].port)),
		    "host \"%s\"", text);
	}
	tap_ok(network_hosts_valid("a, b:1 [::1]:2"), "a list of hosts");
	tap_ok(!network_hosts_valid("a, b:1:"), "a list with another word");
}

int
main(void)
{
	test_utf8_valid();
	test_utf8_trim();
	test_utf8_controls();
	test_log_value();
	test_log_line();
	test_addresses();
	test_networks();
	test_hosts();
	return tap_done();
}

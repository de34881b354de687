/* SPDX-License-Identifier: MIT */
/* The whole service, from a web server's variables to the answer, on a
 * database that answers what the input says.
 *
 * The input: two bytes for the length of the requests, the requests (see
 * dispatch-request.c; the first byte chooses the settings, and at which
 * allocation memory is short), and the script of the database (see
 * fake-mysql.h). */
#include "api/routes.h"
#include "api/sync_process.h"
#include "dispatch.h"
#include "fake-mysql.h"
#include "fake-system.h"

#define HEADER       2
#define MAX_REQUESTS 3
#define MAX_REQUEST  0xffff

/* libFuzzer's; there is none of it without libFuzzer. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max)
    __attribute__((weak));
size_t LLVMFuzzerCustomMutator(
    uint8_t *data, size_t size, size_t max, unsigned seed);

struct fuzz_input dispatch_input;

/* In place of src/api/sync_process.c: no process is started. */
bool
sync_process_start(const char *const *argv, struct error *err)
{
	FUZZ_CHECK(strcmp(argv[0], "setlink") == 0);
	return (fake_mysql_byte() & 1) == 0 ||
	    error_set(err, ERROR_UNAVAILABLE, "setlink cannot be started");
}

bool
sync_process_run(const char *const *argv, int milliseconds, size_t max,
    struct buf *out, bool *ended, struct error *err)
{
	static const char *const reports[] = {"ok\n",
	    "{\"status\":\"done\",\"recordings\":1}\n", "",
	    "{\"status\":\"busy\"}\n", "no such host http://minio:9000\nx",
	    "{\"status\":\"failed\",\"detail\":\"MinIO \xff cannot be\"}",
	    "[1,2"};
	size_t choice = fake_mysql_byte();
	const char *report = reports[choice % 7];

	fake_system.passed += milliseconds * (usec_t)1000;
	*ended = (choice & 0x80) == 0;
	if (choice == 0x7f)
		return sync_process_start(argv, err);
	FUZZ_CHECK(strlen(report) <= max);
	buf_puts(out, report);
	return true;
}

static void
check_line(const char *line, size_t len)
{
	FUZZ_CHECK(!dispatch_shows(line, len, DISPATCH_TOKEN));
	FUZZ_CHECK(!dispatch_shows(line, len, DISPATCH_SECRET));
}

/* sha256("the-admin-token") */
#define TOKEN_HASH \
	"ae663fb089dd97eaa8d11c8dff2ca45b65e246361695a7587db9b932f72c41fa"

/* The defaults, but for these. */
static void
set_usual(struct config *config)
{
	static const struct endpoint outside = {.authority = "files.example",
	    .host = "files.example",
	    .port = 80,
	    .prefix = ""};
	struct error err;

	for (size_t i = 0; i < config_settings_count; i++)
		(void)unsetenv(config_settings[i].name);
	if (setenv("SETLINK_ENV_FILE", "/dev/null", 1) != 0 ||
	    !config_load(config, &err))
		abort();
	config->minio_secret_key = DISPATCH_SECRET;
	config->db_password = DISPATCH_SECRET;
	config->events_token = DISPATCH_EVENTS;
	config->admin_token_hash = TOKEN_HASH;
	config->public_endpoint = outside;
	config->public_url = "http://club.example";
	config->cors_origins = "https://club.example";
	config->trusted_proxies = "192.0.2.0/24";
	config->db_host = "one two";
	config->log_level = LOG_DEBUG;
}

const struct config *
dispatch_config(size_t choice)
{
	static struct config all[DISPATCH_CONFIGS];

	if (all[0].bucket == NULL) {
		set_usual(&all[0]);
		all[1] = all[2] = all[3] = all[0];
		all[1].admin_token_hash = "";
		all[1].events_token = "";
		all[1].joker = 0;
		all[1].cors_origins = "*";
		all[1].url_style = URL_STYLE_VIRTUAL;
		all[2].max_expires = 60;
		all[2].registration_limit = 0;
		all[2].db_socket = "/run/mysqld.sock";
		all[2].public_endpoint.prefix = "/minio";
		all[2].cors_origins = "";
		all[2].wait_days = 0;
		all[3].recorder_enabled = false;
	}
	return &all[choice % DISPATCH_CONFIGS];
}

/* A worker that has just been started; but for the first time the memory that
 * it keeps is there already. */
static void
service_begin(struct service *service, const struct config *config)
{
	struct error err;

	if (service->signer == NULL && !service_open(service, config, &err))
		abort();
	db_free(service->db);
	service->db = db_new(config, 5);
	if (service->db == NULL)
		abort();
	service->config = config;
	service->look_at_index = service->note_event = service->probed_at = 0;
}

static void
answer_one(struct service *service, struct fuzz_input *in)
{
	struct dispatch_request request;
	struct gateway gateway;

	dispatch_request_read(&request, in);
	gateway = fuzz_server_gateway(&request.server);
	fake_system.watched = true;
	service_answer(service, &gateway);
	fake_system.watched = false;
	/* The answer itself may have had no memory, on either side. */
	if (!fake_system.memory_was_short ||
	    (request.server.answer.len > 0 && !request.server.answer.failed))
		dispatch_check_answer(&request, service->config,
		    request.server.answer.data, request.server.answer.len);
	dispatch_request_free(&request);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct service service;
	struct fuzz_input in = {data, size};
	size_t len = fuzz_below(&in, MAX_REQUEST + 1), count = 0;
	const struct config *config;
	unsigned choice;

	if (len > in.left)
		len = in.left;
	dispatch_input = (struct fuzz_input){data, size};
	log_set_level(LOG_DEBUG);
	fake_mysql_begin(in.at + len, in.left - len, DISPATCH_NOW);
	in.left = len;
	choice = fuzz_byte(&in);
	config = dispatch_config(choice);
	fake_system = (struct fake_system){.now = DISPATCH_NOW,
	    .allocations_left = choice / DISPATCH_CONFIGS,
	    .check_line = check_line};
	service_begin(&service, config);
	do {
		answer_one(&service, &in);
	} while (in.left > 0 && ++count < MAX_REQUESTS);
	db_close(service.db);
	FUZZ_CHECK(fake_mysql.handles == 0);
	return 0;
}

/* Mutate the requests or the script, each where it stands, or choose another
 * route for the same script. */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	size_t len, rest, room;

	if (size < HEADER + 3 || seed % 16 == 0)
		return LLVMFuzzerMutate(data, size, max);
	len = (size_t)data[0] << 8 | data[1];
	if (len > size - HEADER)
		len = size - HEADER;
	rest = size - HEADER - len;
	if (seed % 16 == 1) {
		data[HEADER + 1] = (uint8_t)(seed >> 8);
		return size;
	}
	if (seed % 2 == 0 && rest > 0) {
		rest = LLVMFuzzerMutate(
		    data + HEADER + len, rest, max - HEADER - len);
		return HEADER + len + rest;
	}
	/* The script makes room for the requests, behind which it stands. */
	room = max - HEADER - rest;
	if (room > MAX_REQUEST)
		room = MAX_REQUEST;
	memmove(data + max - rest, data + HEADER + len, rest);
	len = LLVMFuzzerMutate(data + HEADER, len, room);
	memmove(data + HEADER + len, data + max - rest, rest);
	data[0] = (uint8_t)(len >> 8);
	data[1] = (uint8_t)len;
	return HEADER + len + rest;
}

/* A client of the Runtime API with libcurl. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static char id[64];

static size_t header(char *text, size_t one, size_t n, void *unused)
{
	static const char name[] = "Lambda-Runtime-Aws-Request-Id:";

	(void)unused;
	if (one * n > sizeof name && !strncasecmp(text, name, sizeof name - 1))
		sscanf(text + sizeof name - 1, "%63s", id);
	return one * n;
}

static size_t body(char *text, size_t one, size_t n, void *unused)
{
	(void)text, (void)unused;
	return one * n;
}

int main(void)
{
	char url[256], api[128];

	snprintf(api, sizeof api, "http://%s/2018-06-01/runtime/invocation", getenv("AWS_LAMBDA_RUNTIME_API"));
	for (;;) {
		CURL *curl = curl_easy_init();

		snprintf(url, sizeof url, "%s/next", api);
		curl_easy_setopt(curl, CURLOPT_URL, url);
		curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, header);
		curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, body);
		if (curl_easy_perform(curl))
			return 1;
		snprintf(url, sizeof url, "%s/%s/response", api, id);
		curl_easy_setopt(curl, CURLOPT_URL, url);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "\"ok\"");
		if (curl_easy_perform(curl))
			return 1;
		curl_easy_cleanup(curl);
	}
}

/* Over libcurl: it knows proxies, certificates and broken-off bodies. */
#include "net/http_download.h"

#include <curl/curl.h>
#include <string.h>

enum { CONNECT_TIMEOUT_S = 5, STALL_S = 60 };

struct download {
    CURL *curl;
    enum err (*take)(void *ctx, struct bytes piece);
    void *ctx;
    enum err err;
    long status;
};

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
    struct download *d = ctx;
    curl_easy_getinfo(d->curl, CURLINFO_RESPONSE_CODE, &d->status);
    if (d->status != 200)
        return size * n; /* a problem document; the status says enough */
    d->err = d->take(d->ctx, bytes_of(p, size * n));
    return d->err == OK ? size * n : 0;
}

static enum err verdict(struct download *d, CURLcode code, const char *url, struct why *why)
{
    const char *text = curl_easy_strerror(code);
    if (d->err != OK)
        return why_set(why, d->err, "%s: what came could not be kept: %s", url, err_text(d->err));
    if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
        code == CURLE_OPERATION_TIMEDOUT)
        return why_set(why, ERR_CLOSED, "cannot reach %s: %s", url, text);
    if (code != CURLE_OK)
        return why_set(why, ERR_TRUNCATED, "%s broke off: %s", url, text);
    curl_easy_getinfo(d->curl, CURLINFO_RESPONSE_CODE, &d->status);
    if (d->status != 200)
        return why_set(why, ERR_INVALID, "%s answered %ld", url, d->status);
    return OK;
}

/* Whatever http_proxy says, another machine's loopback is not meant. */
static bool is_loopback(const char *url)
{
    static const char *const begins[] = { "://127.", "://localhost", "://[::1]" };
    const char *host = strstr(url, "://");
    for (size_t i = 0; host != NULL && i < ARRAY_LEN(begins); i++)
        if (strncmp(host, begins[i], strlen(begins[i])) == 0)
            return true;
    return false;
}

enum err http_download(const char *url, enum err (*take)(void *ctx, struct bytes piece), void *ctx,
                       struct why *why)
{
    struct download d = { .curl = curl_easy_init(), .take = take, .ctx = ctx };
    if (d.curl == NULL)
        return why_set(why, ERR_SYSTEM, "no HTTP client can be made");
    curl_easy_setopt(d.curl, CURLOPT_URL, url);
    curl_easy_setopt(d.curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(d.curl, CURLOPT_WRITEDATA, &d);
    curl_easy_setopt(d.curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
    curl_easy_setopt(d.curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(d.curl, CURLOPT_LOW_SPEED_TIME, (long)STALL_S);
    curl_easy_setopt(d.curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(d.curl, CURLOPT_PROTOCOLS_STR, "http,https");
    if (is_loopback(url))
        curl_easy_setopt(d.curl, CURLOPT_NOPROXY, "*");
    enum err e = verdict(&d, curl_easy_perform(d.curl), url, why);
    curl_easy_cleanup(d.curl);
    return e;
}

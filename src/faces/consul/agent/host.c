/* /v1/agent/host: the machine below, from the calls that are cheap. */
#include "faces/consul/agent/agent.h"

#include <stdio.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"

static void put_percent(struct json_writer *j, uint64_t used, uint64_t total)
{
    char text[32];
    snprintf(text, sizeof text, "%.2f", total == 0 ? 0.0 : 100.0 * (double)used / (double)total);
    json_add_raw(j, "usedPercent", bytes_str(text));
}

static void put_memory(struct json_writer *j, const struct sysinfo *info)
{
    uint64_t total = (uint64_t)info->totalram * info->mem_unit;
    uint64_t free_bytes = (uint64_t)info->freeram * info->mem_unit;
    uint64_t available = free_bytes + (uint64_t)info->bufferram * info->mem_unit;
    json_open_object(j);
    json_add_uint(j, "total", total);
    json_add_uint(j, "available", available);
    json_add_uint(j, "used", total - available);
    put_percent(j, total - available, total);
    json_add_uint(j, "free", free_bytes);
    json_close_object(j);
}

static void put_cpus(struct json_writer *j)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    json_open_array(j);
    for (long i = 0; i < n; i++) {
        json_open_object(j);
        json_add_int(j, "cpu", i);
        json_add_uint(j, "cores", 1);
        json_close_object(j);
    }
    json_close_array(j);
}

static void put_host(struct json_writer *j, const struct sysinfo *info)
{
    struct utsname name;
    uint64_t now_s = clock_wall_ms() / 1000;
    json_open_object(j);
    json_add_str(j, "hostname", uname(&name) == 0 ? name.nodename : "");
    json_add_uint(j, "uptime", (uint64_t)info->uptime);
    json_add_uint(j, "bootTime", now_s - (uint64_t)info->uptime);
    json_add_uint(j, "procs", info->procs);
    json_add_str(j, "os", "linux");
    json_add_str(j, "kernelVersion", name.release);
    json_add_str(j, "kernelArch", name.machine);
    json_close_object(j);
}

static void put_disk(struct json_writer *j)
{
    struct statvfs s = { 0 };
    IGNORE(statvfs("/", &s)); /* zeroes are what is known then */
    uint64_t total = (uint64_t)s.f_blocks * s.f_frsize, left = (uint64_t)s.f_bfree * s.f_frsize;
    json_open_object(j);
    json_add_str(j, "path", "/");
    json_add_uint(j, "total", total);
    json_add_uint(j, "free", left);
    json_add_uint(j, "used", total - left);
    put_percent(j, total - left, total);
    json_close_object(j);
}

void consul_agent_host(struct consul_call *c)
{
    struct sysinfo info = { 0 };
    if (!consul_grant(c, ACCESS_READ, ACCESS_OPERATOR, bytes_str("")))
        return;
    IGNORE(sysinfo(&info)); /* fails for no pointer that is ours */
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    json_put_name(j, "Memory");
    put_memory(j, &info);
    json_put_name(j, "CPU");
    put_cpus(j);
    json_put_name(j, "Host");
    put_host(j, &info);
    json_put_name(j, "Disk");
    put_disk(j);
    json_add_uint(j, "CollectionTime", clock_wall_ms() * 1000000);
    json_add_null(j, "Errors");
    json_close_object(j);
    consul_answer_json(c, 200);
}

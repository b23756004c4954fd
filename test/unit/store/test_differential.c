/* The store against the model on random scripts.
 *
 * MUSTER_SEED runs one seed alone, MUSTER_OPS sets how many operations are run in all, and with
 * MUSTER_SHRINK=1 a script that fails is made small and printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>

#include "base/compiler.h"
#include "test/lib/dice.h"
#include "test/unit/store/differential/random.h"
#include "test/unit/store/differential/run.h"
#include "test/unit/store/differential/shrink.h"

enum { SCRIPT_OPERATIONS = 1000, OPERATIONS = 100000 /* each of the two tests */ };

static struct run_plan plan_of(uint64_t seed, bool write_map)
{
    static const uint64_t batch_sizes[] = { 0, 0, 2000, 200 };
    struct dice d = dice_of(seed, 99);
    return (struct run_plan){
        .seed = seed,
        .write_map = write_map,
        .batch_max_bytes = batch_sizes[dice_below(&d, ARRAY_LEN(batch_sizes))],
        .questions = 4,
    };
}

static size_t run_seed(uint64_t seed, bool write_map)
{
    struct script script;
    struct report report = { .text = "" };
    struct run_plan plan = plan_of(seed, write_map);
    script_init(&script);
    random_script(&script, seed, SCRIPT_OPERATIONS);
    size_t operations = script_operations(&script);
    bool agree = run_script(&script, &plan, &report);
    if (!agree && dice_env("MUSTER_SHRINK", 0) != 0) {
        shrink_script(&script, &plan);
        script_print(&script);
        report = (struct report){ .text = "" };
        IGNORE(run_script(&script, &plan, &report)); /* it fails: for the text of the small one */
    }
    script_fini(&script);
    if (!agree)
        fail_msg("MUSTER_SEED=%" PRIu64 ": %s", seed, report.text);
    return operations;
}

static void run_seeds(uint64_t first, bool write_map)
{
    uint64_t seed = dice_env("MUSTER_SEED", 0);
    if (seed != 0) {
        run_seed(seed, write_map);
        return;
    }
    size_t total = dice_env("MUSTER_OPS", (uint64_t)2 * OPERATIONS) / 2, done = 0;
    for (seed = first; done < total; seed += 2)
        done += run_seed(seed, write_map);
    print_message("%zu operations, seeds %" PRIu64 " to %" PRIu64 " by 2\n", done, first, seed - 2);
}

static void store_agrees_with_model_through_a_written_map(void **state)
{
    run_seeds(1, true);
}

static void store_agrees_with_model_through_written_files(void **state)
{
    run_seeds(2, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(store_agrees_with_model_through_a_written_map),
        cmocka_unit_test(store_agrees_with_model_through_written_files),
    };
    return cmocka_run_group_tests_name("differential", tests, NULL, NULL);
}

/* test/lib/codec.h -- what every row's codec is held to. */
#ifndef TEST_LIB_CODEC_H
#define TEST_LIB_CODEC_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* Where tests of rows read and write; both fresh in each test with these fixtures of cmocka. */
extern struct arena codec_arena;
extern struct buf codec_out;
int codec_set_up(void **state);
int codec_tear_down(void **state);

/* WHOLE is read; cut at any byte it is not, nor with a byte more, nor in another format. Each try
 * lies in memory of just its size, so that a sanitizer sees a read beyond it. */
void assert_only_whole(struct bytes whole, enum err (*read)(struct bytes bytes));
/* READ refuses WHOLE with the byte at AT set to VALUE. */
void assert_refused_with(struct bytes whole, size_t at, uint8_t value, enum err err,
                         enum err (*read)(struct bytes bytes));

#endif

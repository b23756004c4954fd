'use strict';
// Runs named checks and prints "ok NAME" or "not ok NAME: reason" for each.

const { execSync } = require('child_process');

class Suite {
  constructor(prefix) {
    this.prefix = prefix;
    this.passed = 0;
    this.failed = 0;
  }

  async run(name, body) {
    try {
      await within(40000, name, body());
      this.passed++;
      console.log(`ok ${this.prefix}/${name}`);
    } catch (e) {
      this.failed++;
      console.log(`not ok ${this.prefix}/${name}: ${`${e.name}: ${e.message}`.replace(/\s+/g, ' ')}`);
    }
  }

  /** Ends at once: timers of the library would hold the program. */
  exit() {
    process.exit(this.failed > 0 || this.passed === 0 ? 1 : 0);
  }
}

function equal(what, got, want) {
  if (JSON.stringify(got) !== JSON.stringify(want)) {
    throw new Error(`${what} is ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
  }
}

async function fails(what, promise) {
  try {
    await promise;
  } catch (e) {
    return e;
  }
  throw new Error(`${what}: no error`);
}

function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Asks again and again until the answer is true. */
async function until(ms, what, holds) {
  const end = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Restarts the server with RESTART_COMMAND. */
function restart() {
  execSync(process.env.RESTART_COMMAND, { timeout: 30000, stdio: ['ignore', 'inherit', 'inherit'] });
}

module.exports = { Suite, equal, fails, within, until, restart };

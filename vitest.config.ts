import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/setup.ts'],
    setupFiles: ['test/seed.ts'],
    // A loaded machine is slow, not wrong: these only end what hangs.
    testTimeout: 240_000,
    hookTimeout: 300_000,
    teardownTimeout: 60_000,
    pool: 'forks',
    // The tests audit the machine they run on: one file's daemons and namespaces are no part of another's.
    fileParallelism: false,
  },
});

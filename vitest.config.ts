import { defineConfig } from 'vitest/config'
import { notedStoreFunctions } from './test/statements/store-functions.ts'

/** A process runs many test files and loads each module once, for that takes longer than most tests. So no module holds
 *  what a test has changed: whatever changes is made by the test that changes it. */
const isolate = false
const MINUTE_MS = 60_000
/** However busy the machine is, what is waited for has come by then. A limit that is promised is measured by its test. */
const patience = {
  testTimeout: 2 * MINUTE_MS,
  hookTimeout: 2 * MINUTE_MS,
  expect: { poll: { timeout: MINUTE_MS, interval: 20 } },
}
/** Most tests wait for a socket or a disk: more of them than cores, whatever the machine. */
const WORKERS = 4

// A project for each thing the machine must be able to do; `npm test` takes the first two.
export default defineConfig({
  test: {
    maxWorkers: WORKERS,
    projects: [
      {
        test: {
          name: 'unit',
          setupFiles: ['test/temporary/worker.ts'],
          globalSetup: ['test/temporary/global.ts'],
          include: ['test/unit/**/*.test.{ts,tsx}', 'test/contracts/**/*.test.ts'],
          ...patience,
          isolate,
        },
      },
      {
        plugins: [notedStoreFunctions()],
        test: {
          name: 'integration',
          setupFiles: ['test/temporary/worker.ts', 'test/statements/record.ts'],
          globalSetup: ['test/temporary/global.ts', 'test/statements/global.ts'],
          include: ['test/integration/**/*.test.ts', 'test/independent/**/*.test.ts'],
          ...patience,
          isolate,
        },
      },
      {
        test: {
          name: 'rig',
          include: ['test/rig/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 10 * MINUTE_MS,
          hookTimeout: 10 * MINUTE_MS,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 2 * MINUTE_MS,
          hookTimeout: 2 * MINUTE_MS,
        },
      },
      {
        test: {
          name: 'network',
          include: ['test/network/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 2 * MINUTE_MS,
          hookTimeout: 2 * MINUTE_MS,
        },
      },
    ],
  },
})

import { defineConfig } from 'vitest/config'
import { notedStoreFunctions } from './test/statements/store-functions.ts'

const MINUTE_MS = 60_000
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
          include: ['test/unit/**/*.test.{ts,tsx}', 'test/contracts/**/*.test.ts'],
          testTimeout: 5_000,
        },
      },
      {
        plugins: [notedStoreFunctions()],
        test: {
          name: 'integration',
          setupFiles: ['test/statements/record.ts'],
          globalSetup: ['test/statements/global.ts'],
          include: ['test/integration/**/*.test.ts', 'test/independent/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
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

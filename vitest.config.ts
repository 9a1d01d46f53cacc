import { globSync, readFileSync } from 'node:fs'

import { type ViteUserConfig, defineConfig } from 'vitest/config'

import { TestOrder } from './scripts/test-order.ts'

interface Suite {
  readonly name: string
  readonly include: readonly string[]
  readonly exclude?: readonly string[]
  readonly globalSetup?: readonly string[]
  readonly testTimeoutMs?: number
  /** By how many milliseconds the timers of a `ManualPlatform` may be late. Default 0. */
  readonly lateMs?: number
}

/** What `npm create holon` copies: whoever has that has no Vitest. tests/integration/create-holon.test.ts runs their tests. */
const templates = 'examples/{minimal,shop-lite,existing}/**'

/** Minutes of waiting for brokers that are stopped and killed: `npm run test:long`. */
const brokers = ['rabbitmq-bus', 'rabbitmq-streams', 'kafka-bus', 'foreign-clients'].map(
  (name) => `tests/conformance/${name}.test.ts`,
)

/** The shop in further placements, with the same tests as in one process: `npm run test:long`. */
const placements = ['shop-split', 'shop-split-over-tcp'].map((name) => `tests/e2e/${name}.test.ts`)

/** What a person does, one command after the other, where each takes its time: `npm run test:long`. */
const journeys = ['integration/holon-add', 'integration/tutorial', 'packages/installed', 'packages/stranger'].map(
  (name) => `tests/${name}.test.ts`,
)

// One project for each kind of test: `npx vitest run --project e2e`.
const suites: readonly Suite[] = [
  {
    name: 'unit',
    include: ['packages', 'examples', 'scripts', 'bench', 'tests/support'].map(
      (folder) => `${folder}/**/*.test.{ts,tsx}`,
    ),
  },
  ...['conformance', 'integration'].map((name) => ({
    name,
    include: [`tests/${name}/**/*.test.ts`],
    exclude: [...brokers, ...journeys],
    // They start many processes, each of which takes a second or two, or ten times that on a busy machine.
    testTimeoutMs: 120_000,
  })),
  // The tests on a simulated clock once more, with timers as late as they are in a real process.
  {
    name: 'late',
    include: globSync(['packages/*/src/**/*.test.ts', 'tests/conformance/*.test.ts']).filter((file) =>
      readFileSync(file, 'utf8').includes("inject('lateMs')"),
    ),
    testTimeoutMs: 120_000,
    lateMs: 3,
  },
  // The packages as they are built, and installed elsewhere.
  { name: 'packages', include: ['tests/packages/published.test.ts'], testTimeoutMs: 300_000 },
  { name: 'journeys', include: journeys, testTimeoutMs: 300_000 },
  // Minutes of package managers, and of kills: `npm run test:long`.
  {
    name: 'managers',
    include: ['created', 'managers'].map((name) => `tests/packages/${name}.test.ts`),
    testTimeoutMs: 600_000,
  },
  { name: 'chaos', include: ['tests/chaos/**/*.test.ts'], testTimeoutMs: 120_000 },
  { name: 'brokers', include: brokers, testTimeoutMs: 120_000 },
  ...[
    { name: 'e2e', include: ['tests/e2e/**/*.test.ts'], exclude: placements },
    { name: 'placements', include: placements },
  ].map((suite) => ({ ...suite, globalSetup: ['scripts/build-storefront.ts'], testTimeoutMs: 120_000 })),
]

const config: ViteUserConfig = defineConfig({
  test: {
    pool: 'forks',
    // Tests start servers, Postgres and browsers of their own; more at once than this only makes them slow and flaky.
    maxWorkers: 2,
    passWithNoTests: false,
    sequence: { sequencer: TestOrder },
    projects: suites.map(({ name, include, exclude = [], globalSetup = [], testTimeoutMs = 30_000, lateMs = 0 }) => ({
      test: {
        name,
        include: [...include],
        exclude: ['**/node_modules/**', '**/dist/**', '**/.holon/**', templates, ...exclude],
        globalSetup: [...globalSetup],
        provide: { lateMs },
        testTimeout: testTimeoutMs,
        // Nothing waits so long where all is well. One second, the default, is short on a busy machine.
        expect: { poll: { timeout: 15_000 } },
        hookTimeout: Math.max(60_000, testTimeoutMs),
        teardownTimeout: 20_000,
      },
    })),
  },
})

export default config

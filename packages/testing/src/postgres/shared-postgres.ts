/**
 * One PostgreSQL server for all test files of a run, named in `HOLON_TEST_POSTGRES`. It begins with what the last run has left
 * in `node_modules/.cache/holon-test-postgres` of the working directory, so that later runs start in half a second and copy
 * databases whose migrations have run before. Where the variable names a server already, that is used.
 *
 * - Vitest: `test: { globalSetup: ['holon/testing/shared-postgres'] }`
 * - Node: `node --test --test-global-setup=…`, with the path that `import.meta.resolve('holon/testing/shared-postgres')` gives
 *
 * @module
 */
import { serverVariable } from './open-test-databases.ts'
import { cacheFolder, startTestPostgres, type TestPostgres } from './test-postgres.ts'

/** Node hands nothing from the one function to the other. */
const running: TestPostgres[] = []

/** For Vitest. Resolves to what stops the server. */
export default async function setup(): Promise<() => Promise<void>> {
  await globalSetup()
  return globalTeardown
}

/** For Node's own test runner. */
export async function globalSetup(): Promise<void> {
  const { [serverVariable]: named = '' } = process.env
  if (named !== '') return
  const server = await startTestPostgres({ cache: cacheFolder })
  running.push(server)
  process.env[serverVariable] = server.url
}

/** For Node's own test runner. */
export async function globalTeardown(): Promise<void> {
  for (const server of running.splice(0)) {
    delete process.env[serverVariable]
    await server.close()
  }
}

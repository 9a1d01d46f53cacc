import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

import { type RunningServices, startApp } from 'holon/host'

import config from '../holon.config.ts'

/** Starts the whole app for one test: in this process, with data of its own and the gateway at a free port. */
export async function startTestApp(t: TestContext): Promise<RunningServices> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'existing-app-'))
  const environment = { HOLON_LOG_LEVEL: 'silent' }
  const app = await startApp(config, { dataFolder, environment, gateway: { port: 0 } })
  t.after(async () => {
    await app.stop()
    await rm(dataFolder, { recursive: true, force: true })
  })
  return app
}

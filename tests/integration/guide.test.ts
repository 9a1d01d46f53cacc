import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'

import type { AppDefinition } from '@holon/app'
import { type RunningServices, startApp } from 'holon/host'
import { expect, test } from 'vitest'

import { createPageFolder, isAsPrinted, type PageFolder, repository, stepsOf } from '../support/page-example.ts'

const pages = readdirSync(join(repository, 'docs/guide')).map((name) => `docs/guide/${name}`)

test.each(pages)('the example of %s does what the page says', async (page) => {
  const steps = stepsOf(page)
  expect(steps.some(({ kind }) => kind === 'command')).toBe(true)
  using folder = createPageFolder()
  for (const step of steps) if (step.kind === 'file') folder.write(step)
  await using app = await startPageApp(folder)
  for (const step of steps) {
    if (step.kind !== 'command') continue
    const printed = await folder.run(step.command.replaceAll('127.0.0.1:8080', app.address), { HOLON_ADMIN_PORT: '0' })
    const told = printed.replaceAll(app.address, '127.0.0.1:8080')
    if (!isAsPrinted(told, step.expected)) expect(told, `${page}:${step.line} ${step.command}`).toBe(step.expected)
  }
})

interface PageApp extends AsyncDisposable {
  /** Where its gateway listens, which the page calls 127.0.0.1:8080. */
  readonly address: string
}

/** What `holon dev` runs, in this process: the app of the page's holon.config.ts, if it has one, with its .env. */
async function startPageApp({ path }: PageFolder): Promise<PageApp> {
  const config = join(path, 'holon.config.ts')
  if (!existsSync(config)) return { address: '127.0.0.1:8080', [Symbol.asyncDispose]: async () => {} }
  const { default: app } = (await import(config)) as { default: AppDefinition }
  const env = join(path, '.env')
  const running: RunningServices = await startApp(app, {
    environment: { HOLON_LOG_LEVEL: 'silent', ...(existsSync(env) && parseEnv(readFileSync(env, 'utf8'))) },
    dataFolder: join(path, '.holon'),
    gateway: { port: 0 },
  })
  return {
    address: new URL(running.gatewayUrl ?? 'http://127.0.0.1:8080').host,
    [Symbol.asyncDispose]: () => running.stop(),
  }
}

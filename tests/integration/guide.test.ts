import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'

import type { AppDefinition } from '@holon/app'
import { startApp } from 'holon/host'
import { expect, test } from 'vitest'

import { freePort } from '../support/free-port.ts'
import { createPageFolder, isAsPrinted, type PageFolder, repository, stepsOf } from '../support/page-example.ts'

const pages = readdirSync(join(repository, 'docs/guide')).map((name) => `docs/guide/${name}`)

test.each(pages)('the example of %s does what the page says', async (page) => {
  const steps = stepsOf(page)
  expect(steps.some(({ kind }) => kind === 'command')).toBe(true)
  using folder = createPageFolder()
  const ports = await freePorts()
  for (const step of steps) if (step.kind === 'file') folder.write({ ...step, code: ports.toFree(step.code) })
  await using _app = await startPageApp(folder, ports.gateway)
  for (const step of steps) {
    if (step.kind !== 'command') continue
    const told = ports.toNamed(await folder.run(ports.toFree(step.command), { HOLON_ADMIN_PORT: '0' }))
    if (!isAsPrinted(told, step.expected)) expect(told, `${page}:${step.line} ${step.command}`).toBe(step.expected)
  }
})

/** The ports that pages name are free ones here. */
interface PagePorts {
  readonly gateway: number
  toFree(text: string): string
  toNamed(text: string): string
}

async function freePorts(): Promise<PagePorts> {
  const [gateway, peer] = [await freePort(), await freePort()]
  const pairs = [
    ['8080', String(gateway)],
    ['7001', String(peer)],
  ] as const
  return {
    gateway,
    toFree: (text) => pairs.reduce((changed, [named, free]) => changed.replaceAll(named, free), text),
    toNamed: (text) => pairs.reduce((changed, [named, free]) => changed.replaceAll(free, named), text),
  }
}

/** What `holon dev` runs, in this process: the app of the page's holon.config.ts, if it has one, with its .env. */
async function startPageApp({ path }: PageFolder, port: number): Promise<AsyncDisposable | undefined> {
  const config = join(path, 'holon.config.ts')
  if (!existsSync(config)) return undefined
  const { default: app } = (await import(config)) as { default: AppDefinition }
  const env = join(path, '.env')
  return startApp(app, {
    environment: { HOLON_LOG_LEVEL: 'silent', ...(existsSync(env) && parseEnv(readFileSync(env, 'utf8'))) },
    dataFolder: join(path, '.holon'),
    gateway: { port },
  })
}

import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'

import type { AppDefinition } from '@holon/app'
import { startApp } from 'holon/host'
import { expect, test } from 'vitest'

import { freePort } from '../support/free-port.ts'
import { asShown, createPageFolder, type PageFolder, repository, stepsOf } from '../support/page-example.ts'

const folderOfPages = 'docs/guide'
const pages = readdirSync(join(repository, folderOfPages)).map((name) => `${folderOfPages}/${name}`)
/** A page whose example needs more than a folder and commands says which test runs it: `<!-- run by tests/… -->`. */
const testOf = (page: string): string | undefined =>
  /<!-- run by (\S+) -->/.exec(readFileSync(join(repository, page), 'utf8'))?.[1]

test.each(pages.filter((page) => testOf(page) === undefined))(
  'the example of %s does what the page says',
  async (page) => {
    const steps = stepsOf(page)
    const commands = steps.filter((step) => step.kind === 'command')
    expect(commands).not.toEqual([])
    using folder = createPageFolder()
    const ports = await freePorts()
    for (const step of steps) if (step.kind === 'file') folder.write({ ...step, code: ports.toFree(step.code) })
    await using _app = await startPageApp(folder, ports.gateway)
    for (const { command, expected, line } of commands) {
      const printed = ports.toNamed(await folder.run(ports.toFree(command), { HOLON_ADMIN_PORT: '0' }))
      const at = `${page}:${line} ${command}`
      expect({ at, printed: asShown(printed, expected) }).toEqual({ at, printed: expected })
    }
  },
)

test('a page that says which test runs its example says the truth', () => {
  const named = pages.flatMap((page) => testOf(page) ?? [])
  expect(named.filter((path) => !existsSync(join(repository, path)))).toEqual([])
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

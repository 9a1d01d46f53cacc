import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'

import { freePort } from '../free-port.ts'

/** An npm registry on this machine that has our packages, and passes on what it has not. */
export interface LocalRegistry extends AsyncDisposable {
  readonly url: string
  /** Publishes the packages below a folder that `npm run build` made. */
  publish(built: string): void
}

export interface LocalRegistryOptions {
  /** For what belongs to this registry alone. */
  readonly folder: string
  /** What others' packages are kept in from one run to the next: with it full, no other registry has to be reachable. */
  readonly cache: string
}

/** Whose names are never asked for elsewhere, whoever has them there. */
const own = ['holon', 'create-holon', '@holon/*']

/** Starts verdaccio. What it has not comes from the registry that npm is configured for here, whichever that is. */
export async function startLocalRegistry({ folder, cache }: LocalRegistryOptions): Promise<LocalRegistry> {
  mkdirSync(cache, { recursive: true })
  const upstream = execFileSync('npm', ['config', 'get', 'registry', '--no-workspaces'], { encoding: 'utf8' }).trim()
  const rule = { access: '$all', publish: '$anonymous' }
  // Another registry that runs now has packages of the same names and versions.
  const ownRule = { ...rule, storage: relative(cache, join(folder, 'own')) }
  const config = join(folder, 'verdaccio.json')
  writeFileSync(
    config,
    JSON.stringify({
      storage: cache,
      web: { enable: false },
      uplinks: { upstream: { url: upstream, maxage: '12h', timeout: '60s' } },
      packages: { ...Object.fromEntries(own.map((name) => [name, ownRule])), '**': { ...rule, proxy: 'upstream' } },
      log: { type: 'stdout', format: 'json', level: 'warn' },
    }),
  )
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  const child = await listen(config, port)
  return {
    url,
    publish(built) {
      const work = join(folder, 'publish')
      cpSync(built, work, { recursive: true })
      // One npm for all packages: each on its own would take a second more.
      writeFileSync(join(work, 'package.json'), JSON.stringify({ private: true, workspaces: ['*'] }))
      // npm wants to be somebody; this registry does not ask who.
      writeFileSync(join(work, '.npmrc'), `registry=${url}\n//127.0.0.1:${port}/:_authToken=anybody\n`)
      const args = ['publish', '--workspaces', '--silent', '--userconfig', join(work, '.npmrc')]
      execFileSync('npm', args, { cwd: work, stdio: ['ignore', 'ignore', 'pipe'] })
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

async function listen(config: string, port: number): Promise<ChildProcess> {
  const program = join(dirname(createRequire(import.meta.url).resolve('verdaccio/package.json')), 'bin/verdaccio')
  const child = spawn(process.execPath, [program, '--config', config, '--listen', `127.0.0.1:${port}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
  for (let tries = 0; tries < 300; tries += 1) {
    if (child.exitCode !== null) throw new Error(`verdaccio did not start:\n${output}`)
    const answers = await fetch(`http://127.0.0.1:${port}/-/ping`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (answers) return child
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  child.kill('SIGKILL')
  throw new Error(`verdaccio does not answer:\n${output}`)
}

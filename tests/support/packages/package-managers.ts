import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

import type { InstalledIn } from '../holon-process.ts'

export const managers = ['npm', 'pnpm', 'yarn'] as const

export type Manager = (typeof managers)[number]

/** The oldest Node that the packages accept, and the newest line with long support; both come from npm. */
export const nodes = ['22.18', '24'] as const

export type NodeVersion = (typeof nodes)[number]

export interface Tools {
  /** Where the registry is. */
  readonly url: string
  /** For programs of npm packages, kept from one run to the next. */
  readonly cache: string
}

export interface Installing extends Tools {
  readonly manager: Manager
  readonly node: NodeVersion
  /** npm packages that the app depends on, with a version or a tag: `holon@latest`. */
  readonly packages: readonly string[]
}

/** An app with packages from a registry, installed as its manager does it, on a Node of its own. */
export function installedWith({ manager, node, packages, ...tools }: Installing): InstalledIn {
  const program = nodeProgram(node, tools)
  const path = [dirname(program), process.env['PATH']].join(delimiter)
  const command = commandOf(manager, program, tools)
  return {
    node: program,
    path,
    holon: [...command.run, 'holon'],
    prepare(folder) {
      for (const [name, text] of Object.entries(settings(manager, folder, tools.url)))
        writeFileSync(join(folder, name), text)
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as object
      const dependencies = Object.fromEntries(packages.map((name) => splitAt(name)))
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, dependencies }, null, 2))
      const [file, ...args] = command.install
      const { status, stdout, stderr } = spawnSync(file, args, {
        cwd: folder,
        env: { ...environment(), PATH: path },
        encoding: 'utf8',
      })
      // Yarn tells what is wrong on its standard output.
      if (status !== 0) throw new Error(`${manager} install failed:\n${stdout}${stderr}`)
    },
  }
}

function splitAt(text: string): readonly [string, string] {
  const at = text.lastIndexOf('@')
  return [text.slice(0, at), text.slice(at + 1)]
}

/** Without what npm tells the scripts that it runs: a manager would take that for its own settings. */
function environment(): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_|^INIT_CWD$|^NODE_OPTIONS$/i.test(name)),
  )
}

interface Command {
  readonly install: readonly [string, ...string[]]
  /** What a program of the app is run with. */
  readonly run: readonly [string, ...string[]]
}

function commandOf(manager: Manager, node: string, tools: Tools): Command {
  const program = programOf(manager, node, tools)
  if (manager === 'npm')
    return { install: [...program, 'install', '--no-audit', '--no-fund', '--silent'], run: ['npx', '--no', '--'] }
  return { install: [...program, 'install'], run: [...program, manager === 'pnpm' ? 'exec' : 'run'] }
}

/** What a manager is called by. npm is the one in the PATH; the others come from npm. */
export function programOf(manager: Manager, node: string, tools: Tools): readonly [string, ...string[]] {
  if (manager === 'npm') return ['npm']
  if (manager === 'pnpm') return [nativePnpm(tools)]
  return [node, join(installTool('@yarnpkg/cli-dist', '@yarnpkg/cli-dist', tools), 'bin/yarn.js')]
}

/** Caches beside the app, so that nothing of another run can hide what is missing; what was just published is no risk here. */
function settings(manager: Manager, folder: string, url: string): Readonly<Record<string, string>> {
  const cache = join(dirname(folder), 'cache')
  if (manager === 'npm') return { '.npmrc': `registry=${url}\ncache=${cache}\nupdate-notifier=false\n` }
  if (manager === 'pnpm')
    return {
      '.npmrc': `registry=${url}\n`,
      'pnpm-workspace.yaml': `storeDir: ${cache}\ncacheDir: ${cache}/metadata\nminimumReleaseAge: 0\nverifyDepsBeforeRun: false\n`,
    }
  return {
    'yarn.lock': '',
    '.yarnrc.yml': [
      'nodeLinker: node-modules',
      `npmRegistryServer: ${url}`,
      'unsafeHttpWhitelist: [127.0.0.1]',
      'enableGlobalCache: false',
      // It keeps there where a registry's packages are, and knows registries by their host without the port.
      `globalFolder: ${cache}`,
      `cacheFolder: ${cache}`,
      'enableImmutableInstalls: false',
      'enableTelemetry: false',
      'npmMinimalAgeGate: 0',
      '',
    ].join('\n'),
  }
}

/** pnpm is a program of its own, for each platform in a package; an install script, which is not run, would link it. */
function nativePnpm(tools: Tools): string {
  const pnpm = installTool('pnpm', 'pnpm', tools)
  return join(dirname(pnpm), `@pnpm/exe.${process.platform}-${process.arch}/pnpm`)
}

/** The program of a Node: this one, or one from npm. */
export function nodeProgram(version: NodeVersion, tools: Tools): string {
  if (version === '24') return process.execPath
  const name = `node-${process.platform}-${process.arch}`
  return join(installTool(name, `${name}@${version}`, tools), 'bin/node')
}

/** Installs an npm package in a folder of its own, unless it is there. Returns the folder of the package. */
function installTool(name: string, wanted: string, { url, cache }: Tools): string {
  const folder = join(cache, wanted.replaceAll('/', '+'))
  const installed = join(folder, 'node_modules', name)
  if (existsSync(join(installed, 'package.json'))) return installed
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  const args = ['install', '--silent', '--no-audit', '--ignore-scripts', '--registry', url, wanted]
  execFileSync('npm', args, { cwd: folder, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] })
  return installed
}

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { createProject } from './create.ts'
import { exampleFolders } from './template-source.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'create-holon-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Run {
  readonly code: Promise<number>
  readonly ran: readonly string[]
  /** Types keys, as they are. */
  type(keys: string): void
  stdout(): string
  stderr(): string
}

interface Setting {
  readonly terminal?: boolean
  readonly environment?: Record<string, string>
  /** What programs end with; undefined: they are not there. */
  readonly exitCode?: number
}

function run(args: readonly string[], { terminal = false, environment = {}, exitCode }: Setting = {}): Run {
  let [stdout, stderr] = ['', '']
  const ran: string[] = []
  const stream = (isTTY: boolean): PassThrough =>
    Object.assign(new PassThrough(), { isTTY, columns: 80, rows: 24, setRawMode: () => undefined })
  const [input, output, errors] = [stream(terminal), stream(terminal), stream(terminal)]
  output.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  errors.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const code = createProject({
    arguments: args,
    environment,
    folder,
    stdin: input,
    stdout: output,
    stderr: errors,
    templates: exampleFolders(fileURLToPath(new URL('../../../examples', import.meta.url))),
    run: async (program, rest) => {
      ran.push([program, ...rest].join(' '))
      if (exitCode === undefined) throw new Error('ENOENT')
      return exitCode
    },
  })
  return {
    code,
    ran,
    type: (keys) => void input.write(keys),
    stdout: () => stripVTControlCharacters(stdout),
    stderr: () => stderr,
  }
}

test('without a terminal nothing is asked: what is not said has its default', async () => {
  const { code, stdout } = run(['--no-install', '--no-git'])
  expect(await code).toBe(0)
  await expect.poll(stdout).toContain('cd holon-app\n  npm install\n  npm run dev\n')
  expect(stdout()).toContain('curl http://127.0.0.1:8080/hello/Ann')
  expect(readFileSync(join(folder, 'holon-app/holon.config.ts'), 'utf8')).toContain("name: 'holon-app'")
})

test.each([
  ['--yes', ['--yes'], {}],
  ['CI', [], { CI: 'true' }],
])('in a terminal, with %s, nothing is asked either', async (_how, args, environment) => {
  const { code } = run(['shop', '--no-install', '--no-git', ...args], { terminal: true, environment })
  expect(await code).toBe(0)
  expect(existsSync(join(folder, 'shop/holon.config.ts'))).toBe(true)
})

test('in a terminal it asks for name, template and installation', async () => {
  const { code, type, stdout, ran } = run([], { terminal: true, exitCode: 0 })
  await expect.poll(stdout).toContain('What is it called?')
  type('corner-shop')
  type('\r')
  await expect.poll(stdout).toContain('What shall it begin with?')
  type('\u001B[B') // down: shop-lite
  type('\r')
  await expect.poll(stdout).toContain('Install the packages with npm?')
  type('\r')
  expect(await code).toBe(0)
  expect(readdirSync(join(folder, 'corner-shop/services'))).toEqual(['catalog', 'mails', 'orders'])
  expect(ran).toContain('npm install')
  await expect.poll(stdout).toContain('cd corner-shop\n  npm run dev\n')
})

test('Ctrl-C makes nothing', async () => {
  const { code, type, stdout } = run([], { terminal: true })
  await expect.poll(stdout).toContain('What is it called?')
  type('\u0003')
  expect(await code).toBe(130)
  await expect.poll(stdout).toContain('Nothing was made.')
  expect(readdirSync(folder)).toEqual([])
})

test('a name that cannot be is refused while it is asked for', async () => {
  const { code, type, stdout } = run(['--no-install', '--no-git', '--template', 'minimal'], { terminal: true })
  await expect.poll(stdout).toContain('What is it called?')
  type('Corner')
  type('\r')
  await expect.poll(stdout).toContain('use lower-case letters')
  type('\u007F'.repeat(6) + 'corner')
  type('\r')
  expect(await code).toBe(0)
  expect(readdirSync(folder)).toEqual(['corner'])
})

test('a folder that is not empty is left as it is, and what is there is named', async () => {
  mkdirSync(join(folder, 'shop/.git'), { recursive: true })
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) writeFileSync(join(folder, 'shop', name), '')
  const { code, stderr } = run(['shop'])
  expect(await code).toBe(2)
  await expect.poll(stderr).toContain('shop is not empty: there is a, b, c, d, e and 2 more.')
  expect(readdirSync(join(folder, 'shop'))).toHaveLength(8)
})

test('this folder is as good as another, also with a repository in it', async () => {
  const shop = join(folder, 'shop')
  mkdirSync(join(shop, '.git'), { recursive: true })
  expect(await run(['./shop/', '--no-install', '--no-git']).code).toBe(0)
  expect(existsSync(join(shop, 'package.json'))).toBe(true)
})

test('what cannot be is refused with what can, before anything is made', async () => {
  const refused = async (...args: readonly string[]): Promise<string> => {
    const { code, stderr } = run(args)
    expect(await code).toBe(2)
    await expect.poll(stderr).not.toBe('')
    return stderr()
  }
  expect(await refused('My Shop')).toContain("Try 'my-shop'.")
  expect(await refused('shop', '--template', 'big')).toContain('it can be minimal, shop-lite, existing.')
  expect(await refused('shop', '--package-manager', 'bun')).toContain('it can be npm, pnpm, yarn.')
  expect(await refused('shop', '--fast')).toContain("Unknown option '--fast'")
  expect(await refused('shop', 'two')).toContain('One folder is enough: shop, two.')
  writeFileSync(join(folder, 'file'), '')
  expect(await refused('file')).toContain('is not empty: there is a file of that name')
  expect(readdirSync(folder)).toEqual(['file'])
})

// What npm 11 makes of options that stand before `--`.
test.each([
  [['x3', 'shop-lite'], { npm_config_template: 'true' }, 'x3 -- --template shop-lite'],
  [['x3'], { npm_config_template: 'shop-lite' }, 'x3 -- --template shop-lite'],
  [['shop-lite'], { npm_config_template: 'true' }, '-- --template shop-lite'],
  [
    ['pnpm', 'x3'],
    { npm_config_package_manager: 'true', npm_config_install: '', npm_config_git: 'false' },
    'x3 -- --package-manager pnpm --no-install --no-git',
  ],
])('options that npm took for its own are missed: %j %j', async (args, taken, meant) => {
  const { code, stderr } = run(args, { environment: { npm_command: 'init', ...taken } })
  expect(await code).toBe(2)
  await expect.poll(stderr).toContain(`\n  npm create holon@latest ${meant}\n`)
  expect(readdirSync(folder)).toEqual([])
})

test('an installation that fails leaves the files, and says what to do', async () => {
  const missing = run(['shop', '--package-manager', 'pnpm'])
  expect(await missing.code).toBe(1)
  await expect.poll(missing.stderr).toContain('pnpm install failed: it is not there. The files are there')
  await expect.poll(missing.stdout).toContain('cd shop\n  pnpm install\n  pnpm run dev\n')
  const failing = run(['other', '--no-git'], { exitCode: 7 })
  expect(await failing.code).toBe(1)
  await expect.poll(failing.stderr).toContain('npm install failed: it ended with 7.')
})

test('a repository is made where there is none around it', async () => {
  const { code, ran } = run(['shop', '--no-install'], { exitCode: 0 })
  expect(await code).toBe(0)
  expect(ran).toEqual(['git rev-parse --is-inside-work-tree'])
  const outside = run(['other', '--no-install'], { exitCode: 1 })
  expect(await outside.code).toBe(0)
  expect(outside.ran[1]).toBe('git init --quiet --initial-branch=main')
})

test('help and version are no mistakes', async () => {
  const help = run(['--help'])
  expect(await help.code).toBe(0)
  await expect.poll(help.stdout).toContain('--template <name>')
  const version = run(['--version'])
  expect(await version.code).toBe(0)
  await expect.poll(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import type { Command } from 'commander'
import { expect, test } from 'vitest'

import { exitCodeMeanings, exitCodes } from './exit-code.ts'
import { testHost } from './fixtures/test-host.ts'
import type { Host } from './host.ts'
import { runCommand } from './main.ts'
import { createProgram } from './program.ts'

const page = fileURLToPath(new URL('../../../docs/reference/cli.md', import.meta.url))

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

async function run(...args: readonly string[]): Promise<Run> {
  const { host, written } = testHost(args)
  const code = await runCommand(host)
  return { code, ...written() }
}

/** What `holon help <command>` prints, as wide as a page. */
async function helpOf(command: string): Promise<string> {
  let text = ''
  const program = createProgram(
    {
      stdout: { write: (more: string) => void (text += more) },
      stderr: { write: () => undefined },
      environment: {},
    } as unknown as Host,
    () => undefined,
  )
  for (const each of [program, ...program.commands]) each.configureHelp({ helpWidth: 110, showGlobalOptions: false })
  await program.parseAsync(command === '' ? ['--help'] : ['help', command], { from: 'user' }).catch(() => undefined)
  return text.trimEnd()
}

// `npx vitest run packages/cli/src/program.test.ts -u` writes the page anew.
test('the reference page shows the help of every command as it is', async () => {
  const text = readFileSync(page, 'utf8')
  const commands = [...text.matchAll(/```text\n\$ holon help ?([a-z]*)\n/g)].map((match) => match[1] ?? '')
  expect(commands).toEqual(['', 'dev', 'start', 'run', 'ps', 'call', 'graph', 'openapi', 'asyncapi', 'events', 'add'])
  let actual = text
  for (const command of commands) {
    const block = new RegExp('```text\\n\\$ holon help' + (command === '' ? '' : ` ${command}`) + '\\n[^]*?```')
    const help = await helpOf(command)
    actual = actual.replace(
      block,
      () => `\`\`\`text\n$ holon help${command === '' ? '' : ` ${command}`}\n${help}\n\`\`\``,
    )
  }
  await expect(actual).toMatchFileSnapshot(page)
})

test('help and version are no mistakes; everything unknown is wrong usage', async () => {
  expect(await run('--help')).toMatchObject({ code: 0, stderr: '' })
  expect((await run('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  expect(await run('strat')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Did you mean start?') as unknown,
  })
  expect((await run('ps', '--jsno')).stderr).toContain('Did you mean --json?')
  expect((await run()).code).toBe(2)
})

test.each([
  [undefined, 'holon'],
  ['npm/11.0.0 node/v24.0.0', 'npx holon'],
  ['pnpm/10.2.0 npm/? node/v24.0.0', 'pnpm exec holon'],
  ['yarn/4.1.0 npm/? node/v24.0.0', 'yarn holon'],
])('run by %s, it tells whoever makes a mistake to type %s', async (agent, name) => {
  const said = async (...args: readonly string[]): Promise<string> => {
    const { host, written } = testHost(args)
    expect(await runCommand({ ...host, environment: { npm_config_user_agent: agent } })).toBe(2)
    return written().stderr
  }
  expect(await said('strat')).toContain(`\nSee: ${name} --help\n`)
  expect(await said('add', 'operation')).toContain(`\nSee: ${name} add operation --help\n`)
  expect(await said('events', 'dead', 'show')).toContain(`\nSee: ${name} events dead show --help\n`)
})

test('every command says what it does and how it is called', async () => {
  const parts = (command: Command): readonly Command[] =>
    command.commands.length === 0 ? [command] : [command, ...command.commands.flatMap(parts)]
  const program = createProgram(testHost([]).host, () => undefined)
  for (const command of program.commands.flatMap(parts)) {
    if (command.name() === 'describe') continue
    let text = ''
    command.configureOutput({ writeOut: (more) => (text += more) }).outputHelp()
    expect(text.replaceAll(/\s+/g, ' ')).toContain(command.description())
    expect(command.description()).toMatch(/\.$/)
    expect(text).toMatch(/\nExamples?:\n {2}holon /)
  }
})

test('values that cannot be are refused with what can', async () => {
  expect((await run('start', '--port', '99999')).stderr).toContain('A port is a whole number from 0 to 65535.')
  expect((await run('call', 'a.b', '{"x"')).stderr).toContain('It is not JSON')
  expect((await run('call', 'a.b', '{}', '--timeout', 'soon')).stderr).toContain('500ms, 5s or 1m')
  const bare = (await run('call', 'a.b', '{}', '--timeout', '5')).stderr
  expect(bare).toContain('Write 5s for seconds, 5ms for milliseconds.')
  expect((await run('start', '--log-level', 'loud')).stderr).toContain('debug, info, warn, error, silent')
  expect((await run('start', '--split', '--placement', '{}')).stderr).toContain("cannot be used with option '--split'")
})

test('without a configuration the way to one is said', async () => {
  const { code, stderr } = await run('graph')
  expect(code).toBe(2)
  expect(stderr).toContain('There is no holon.config.ts in / or above it')
  expect(stderr).toContain('--config')
})

test('every exit code has a meaning, and no two the same number', () => {
  const numbers = Object.values(exitCodes)
  expect(new Set(numbers).size).toBe(numbers.length)
  expect(exitCodeMeanings.map(([code]) => code)).toEqual(numbers)
})

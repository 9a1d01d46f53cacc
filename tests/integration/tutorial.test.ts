import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { freePort } from '../support/free-port.ts'
import { createPlayground, type Playground, type RunningCommand } from '../support/holon-process.ts'
import { asShown, type PageCommand, runCommand, stepsOf, writeFile } from '../support/page-example.ts'

const pages = ['docs/tutorial.md', 'docs/guide/first-steps.md']

/** What the terminal with the app shows in the end. */
const lastLines: Readonly<Record<string, RegExp>> = { 'docs/guide/first-steps.md': /mail +orders\.placed/ }

test.each(pages)('%s can be followed from its first line to its last', { timeout: 300_000 }, async (page) => {
  await using playground = createPlayground('trio')
  const { folder } = playground
  for (const name of readdirSync(folder)) if (name !== 'node_modules') rmSync(join(folder, name), { recursive: true })
  writeFile(folder, { path: 'package.json', code: '{ "type": "module" }\n' })
  const reader = createReader(playground, { page, port: String(await freePort()) })
  for (const step of stepsOf(page)) {
    if (step.kind === 'file') writeFile(reader.folder(), step)
    else if (step.kind === 'start') await reader.start(step)
    else await reader.run(step)
  }
  await reader.stop(lastLines[page])
  const checked = await playground.runNode(['node_modules/typescript/bin/tsc', '-p', reader.folder()])
  expect(checked).toMatchObject({ code: 0, stdout: '' })
  expect(playground.survivors()).toEqual([])
})

/** Somebody with two terminals: in one of them runs what was started last. */
interface Reader {
  /** Where both of them are. */
  folder(): string
  start(step: PageCommand): Promise<void>
  run(step: PageCommand): Promise<void>
  /** Stops what runs, once it has shown `last`. */
  stop(last?: RegExp): Promise<void>
}

interface Reading {
  readonly page: string
  /** The port that stands for 8080. */
  readonly port: string
}

function createReader({ folder: base, data, start }: Playground, { page, port }: Reading): Reader {
  let running: RunningCommand | undefined
  let folder = base
  const stop = async (last?: RegExp): Promise<void> => {
    if (last !== undefined) await running?.until(last)
    running?.signal('SIGINT')
    expect((await running?.ended()) ?? 0).toBe(0)
  }
  const print = async ({ command }: PageCommand): Promise<string> =>
    (await runCommand(asHere(command).replaceAll('8080', port), folder, { HOLON_DATA: data })).replaceAll(port, '8080')
  return {
    folder: () => folder,
    stop,
    async start({ command, expected, line }) {
      await stop()
      const { output } = (running = start([...holonArguments(command), '--config', join(folder, 'holon.config.ts')], {
        PORT: port,
      }))
      const beginning = `${expected}…`
      const look = (): string => asShown(output(), beginning)
      await expect.poll(look, { message: `${page}:${line} ${command}`, timeout: 60_000 }).toBe(beginning)
    },
    async run(step) {
      const { command, expected, line } = step
      if (command.startsWith('cd ')) {
        folder = join(folder, command.slice('cd '.length))
        return
      }
      // What the app has been told meanwhile (a changed file, an event, a kill) has its effect a moment later.
      const look = async (): Promise<string> => asShown(await print(step), expected)
      const message = `${page}:${line} ${command}`
      if (onlyLooks(command)) await expect.poll(look, { message, timeout: 30_000 }).toBe(expected)
      else expect({ message, printed: await look() }).toEqual({ message, printed: expected })
    },
  }
}

/** A command as it runs in this repository, whose packages no registry has: nothing is installed, all is there. */
function asHere(command: string): string {
  return command.replace(/^npm create holon@latest (\S+) -- (.*)$/, 'create-holon $1 $2 --no-install --no-git')
}

/** `npm run dev -- --split` → `dev --split`: what the script runs. */
function holonArguments(command: string): readonly string[] {
  return command
    .replace(/^(npx holon|npm run) /, '')
    .replace(' -- ', ' ')
    .split(' ')
}

/** Whether it may be asked again and again. */
function onlyLooks(command: string): boolean {
  return /^(npx holon (ps|graph|events lag)|curl -s (-X POST )?\S+)$/.test(command)
}

import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { freePort } from '../support/free-port.ts'
import { createPlayground, type Playground, type RunningCommand } from '../support/holon-process.ts'
import { asShown, type PageCommand, runCommand, stepsOf, writeFile } from '../support/page-example.ts'

const page = 'docs/tutorial.md'

test('the tutorial can be followed from its first line to its last', { timeout: 300_000 }, async () => {
  await using playground = createPlayground('trio')
  const { folder } = playground
  for (const name of readdirSync(folder)) if (name !== 'node_modules') rmSync(join(folder, name), { recursive: true })
  writeFile(folder, { path: 'package.json', code: '{ "type": "module" }\n' })
  const reader = createReader(playground, String(await freePort()))
  for (const step of stepsOf(page)) {
    if (step.kind === 'file') writeFile(folder, step)
    else if (step.kind === 'start') await reader.start(step)
    else await reader.run(step)
  }
  await reader.stop()
  expect(playground.survivors()).toEqual([])
})

/** Somebody with two terminals: in one of them runs what was started last. */
interface Reader {
  start(step: PageCommand): Promise<void>
  run(step: PageCommand): Promise<void>
  stop(): Promise<void>
}

function createReader({ folder, data, start }: Playground, port: string): Reader {
  let running: RunningCommand | undefined
  const stop = async (): Promise<void> => {
    running?.signal('SIGINT')
    expect((await running?.ended()) ?? 0).toBe(0)
  }
  const print = async ({ command }: PageCommand): Promise<string> =>
    (await runCommand(command.replaceAll('8080', port), folder, { HOLON_DATA: data })).replaceAll(port, '8080')
  return {
    stop,
    async start({ command, expected, line }) {
      await stop()
      const { output } = (running = start(command.replace('npx holon ', '').split(' '), { PORT: port }))
      const beginning = `${expected}…`
      const look = (): string => asShown(output(), beginning)
      await expect.poll(look, { message: `${page}:${line} ${command}`, timeout: 60_000 }).toBe(beginning)
    },
    async run(step) {
      const { command, expected, line } = step
      // What the app has been told meanwhile (a changed file, an event, a kill) has its effect a moment later.
      const look = async (): Promise<string> => asShown(await print(step), expected)
      const message = `${page}:${line} ${command}`
      if (onlyLooks(command)) await expect.poll(look, { message, timeout: 30_000 }).toBe(expected)
      else expect({ message, printed: await look() }).toEqual({ message, printed: expected })
    },
  }
}

/** Whether it may be asked again and again. */
function onlyLooks(command: string): boolean {
  return /^(npx holon (ps|graph)|curl -s \S+)$/.test(command)
}

import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { freePort } from '../support/free-port.ts'
import { createPlayground, type RunningCommand } from '../support/holon-process.ts'
import { isAsPrinted, runCommand, stepsOf, writeFile } from '../support/page-example.ts'

const page = 'docs/tutorial.md'

test('the tutorial can be followed from its first line to its last', { timeout: 300_000 }, async () => {
  await using playground = createPlayground('trio')
  const { folder, data } = playground
  for (const name of readdirSync(folder)) if (name !== 'node_modules') rmSync(join(folder, name), { recursive: true })
  writeFile(folder, { path: 'package.json', code: '{ "type": "module" }\n' })
  const port = String(await freePort())
  const run = async (command: string): Promise<string> =>
    (await runCommand(command.replaceAll('8080', port), folder, { HOLON_DATA: data })).replaceAll(port, '8080')
  let running: RunningCommand | undefined
  for (const step of stepsOf(page)) {
    const place = step.kind === 'file' ? '' : `${page}:${step.line} ${step.command}`
    if (step.kind === 'file') writeFile(folder, step)
    else if (step.kind === 'start') {
      await stop(running)
      running = playground.start(step.command.replace('npx holon ', '').split(' '), { PORT: port })
      const { output } = running
      await expect
        .poll(() => isAsPrinted(output(), `${step.expected}…`), { timeout: 60_000 })
        .toBe(true)
        .catch(() => expect(output(), place).toBe(step.expected))
    } else if (!onlyLooks(step.command)) {
      const printed = await run(step.command)
      if (!isAsPrinted(printed, step.expected)) expect(printed, place).toBe(step.expected)
    } else {
      // What the app has been told meanwhile (a changed file, an event, a kill) has its effect a moment later.
      let printed = ''
      const look = async (): Promise<boolean> => isAsPrinted((printed = await run(step.command)), step.expected)
      await expect
        .poll(look, { message: place, timeout: 30_000 })
        .toBe(true)
        .catch(() => expect(printed, place).toBe(step.expected))
    }
  }
  await stop(running)
  expect(playground.survivors()).toEqual([])
})

/** Whether it may be asked again and again. */
function onlyLooks(command: string): boolean {
  return /^(npx holon (ps|graph)|curl -s \S+)$/.test(command)
}

async function stop(running: RunningCommand | undefined): Promise<void> {
  running?.signal('SIGINT')
  expect((await running?.ended()) ?? 0).toBe(0)
}

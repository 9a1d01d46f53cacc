// One service through `holon start --split`: as users run it, with compiled code kept from the start before.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { benchRoot, type Program, start } from '../harness/processes.ts'

interface Status {
  readonly groups: readonly { readonly name: string; readonly instances: readonly { readonly pid?: number }[] }[]
}

/** Starts an app and resolves with the process of one of its groups once the app is ready. */
export function startOneService(config: string, group: string, started: Program[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'holon-bench-start-'))
  const args = ['start', '--split', '--config', join(benchRoot, config), '--port', '0', '--json', '--data', folder]
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  let rest = ''
  const program = start({
    command: [process.execPath, join(benchRoot, '../packages/holon/bin/holon.js'), ...args],
    env: { HOLON_ADMIN_PORT: '0', NODE_COMPILE_CACHE: join(benchRoot, 'node_modules/.cache/holon') },
    output: true,
    graceMs: 10_000,
    onOutput: (text) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      const ready = lines.find((line) => line.includes('"event":"ready"'))
      if (ready === undefined) return
      const { groups } = (JSON.parse(ready) as { readonly status: Status }).status
      const pid = groups.find(({ name }) => name === group)?.instances[0]?.pid
      if (pid === undefined) reject(new Error(`holon start says nothing of ${group}`))
      else resolve(pid)
    },
  })
  started.push(program)
  program.ended.then(
    () => reject(new Error('holon start ended')),
    (error: unknown) => reject(error instanceof Error ? error : new Error(String(error))),
  )
  return promise
}

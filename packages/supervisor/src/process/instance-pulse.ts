import type { ChildProcess } from 'node:child_process'

import type { ToInstance } from '@holon/app'
import type { Platform } from '@holon/contract'

import { readLines } from './child-output.ts'
import type { FromInstance } from './from-instance.ts'
import type { Pulse } from './launch.ts'
import { findWhereabouts } from './whereabouts.ts'

export interface InstancePulseOptions {
  readonly platform: Platform
  readonly send: (message: ToInstance) => void
  /** Takes what it writes. */
  readonly onLine: (line: string) => void
}

/** Asks an instance whether it lives, and reads what it writes: the address of its inspector is among that. */
export function createInstancePulse(child: ChildProcess, { platform, send, onLine }: InstancePulseOptions): Pulse {
  let unanswered: ((answer: 'alive' | 'being debugged') => void)[] = []
  let inspector: PromiseWithResolvers<string> | undefined
  child.on('message', (message: FromInstance) => {
    if (message.kind !== 'alive') return
    for (const resolve of unanswered) resolve(message.debugged ? 'being debugged' : 'alive')
    unanswered = []
  })
  readLines(child, platform, (line) => {
    if (inspector === undefined) return onLine(line)
    // What Node says about an inspector that we have opened is nobody else's business: its address is a secret.
    const url = /^Debugger listening on (ws:\S+)$/.exec(line)?.[1]
    if (url !== undefined) inspector.resolve(url)
    else if (!/^(Debugger (ending on ws:|attached)|For help, see: )/.test(line)) onLine(line)
  })
  const openInspector = (): Promise<string> => {
    inspector ??= Promise.withResolvers()
    child.kill('SIGUSR1')
    return inspector.promise
  }
  return {
    ask: () =>
      new Promise((resolve) => {
        unanswered.push(resolve)
        send({ kind: 'alive' })
      }),
    whereabouts: () => findWhereabouts({ platform, pid: child.pid ?? 0, openInspector }),
  }
}

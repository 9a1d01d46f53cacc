import { readFile } from 'node:fs/promises'

import { runningCallsKey } from '@holon/app/instance-protocol'
import { inTime, isRecord, type Platform } from '@holon/contract'

/**
 * Arguments of node that let {@link findWhereabouts} ask a process. They open nothing. When the inspector is opened, it
 * listens on the loopback interface, on a free port, and lets in only who knows an unguessable id, which is written to
 * the standard error of the process and told nowhere else.
 */
export const inspectable: readonly string[] = ['--inspect-port=127.0.0.1:0', '--inspect-publish-uid=stderr']

/** How a process is asked that does not turn its event loop any more. */
export interface WhereaboutsOptions {
  readonly platform: Platform
  readonly pid: number
  /** Opens its inspector and resolves with the URL, which may never come. */
  readonly openInspector: () => Promise<string>
}

const timeoutMs = 3_000

/**
 * Where a process is that hangs, and what for, in words. Node opens the inspector in a thread of its own, and V8 answers
 * it in the midst of a loop or of a regular expression. Until then all this costs nothing.
 */
export async function findWhereabouts({ platform, pid, openInspector }: WhereaboutsOptions): Promise<string> {
  if (await isStopped(pid)) return 'it is stopped, as by SIGSTOP'
  const asked = new AbortController()
  const timeoutError = (): Error => new Error(`The inspector did not answer within ${timeoutMs} ms.`)
  try {
    const answer = openInspector().then((url) => evaluate(url, asked.signal))
    return describe(await inTime({ platform, timeoutMs, timeoutError }, answer))
  } catch {
    return 'where it is could not be found out'
  } finally {
    asked.abort()
  }
}

/** Where there is no /proc, nobody knows. */
async function isStopped(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return /^State:\s+[Tt]/m.test(status)
}

// `returnByValue` makes it JSON.
const question = {
  id: 1,
  method: 'Runtime.evaluate',
  params: {
    expression: `(() => {
      Error.stackTraceLimit = 50
      return { stack: String(new Error().stack), calls: globalThis[Symbol.for('${runningCallsKey}')]?.() ?? [] }
    })()`,
    returnByValue: true,
  },
} as const

function evaluate(url: string, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url)
    signal.addEventListener('abort', () => socket.close(), { once: true })
    socket.addEventListener('open', () => socket.send(JSON.stringify(question)))
    socket.addEventListener('error', () => reject(new Error('The inspector cannot be reached.')))
    socket.addEventListener('message', ({ data }) => {
      const answer: unknown = JSON.parse(String(data))
      if (isRecord(answer) && answer['id'] === question.id) resolve(valueOf(answer))
    })
  })
}

function valueOf({ result }: { readonly [key: string]: unknown }): unknown {
  return isRecord(result) && isRecord(result['result']) ? result['result']['value'] : undefined
}

// Enough to see what it is; a busy process answers hundreds of calls at once.
const shownCalls = 3

function describe(answer: unknown): string {
  if (!isRecord(answer)) throw new TypeError('This is no answer.')
  const frame = interestingFrame(String(answer['stack']))
  const calls = Array.isArray(answer['calls']) ? answer['calls'].map(String) : []
  const more = calls.length > shownCalls ? ` and ${calls.length - shownCalls} more` : ''
  const running =
    calls.length === 0 ? 'no call was running' : `running: ${calls.slice(0, shownCalls).join(', ')}${more}`
  return `it was in ${frame}; ${running}`
}

// Holon's own packages, which are not below node_modules while Holon itself is worked on.
const own = new URL('../../', import.meta.resolve('@holon/contract')).href

/** The innermost frame of the user's own code, and what that had called; or just the innermost. */
function interestingFrame(stack: string): string {
  const frames = stack
    .split('\n')
    .flatMap((line) => /^\s+at (?:async )?(.+)$/.exec(line)?.[1] ?? [])
    // The question itself.
    .slice(2)
  const users = frames.find(
    (frame) => frame.includes('file:') && !frame.includes('/node_modules/') && !frame.includes(own),
  )
  const [innermost = 'nothing that runs JavaScript'] = frames
  return users === undefined || users === innermost ? innermost : `${innermost}, called from ${users}`
}

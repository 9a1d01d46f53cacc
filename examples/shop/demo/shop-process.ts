import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'

import { type ShopData, startHolon } from './holon-command.ts'

/** The shop as a process of the demo's own. */
export interface ShopProcess {
  /** Stops it in order. */
  stop(): Promise<void>
}

const readyWithinMs = 120_000
const stopWithinMs = 20_000
const shownLines = 40

/** Whether a shop answers there. */
export async function isRunning(url: string): Promise<boolean> {
  try {
    const { ok, body } = await fetch(`${url}/livez`, { signal: AbortSignal.timeout(2_000) })
    await body?.cancel()
    return ok
  } catch {
    return false
  }
}

export interface StartOptions extends ShopData {
  readonly url: string
  readonly split: boolean
}

/** Starts the shop and waits until it is ready. Its log is shown only if it cannot start. */
export async function startShop({ url, split, data }: StartOptions): Promise<ShopProcess> {
  const child = startHolon(['--port', new URL(url).port, ...(split ? ['--split'] : [])], { data })
  const log = keepLog(child)
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    const late = AbortSignal.timeout(stopWithinMs)
    late.addEventListener('abort', () => child.kill('SIGKILL'))
    await exited
  }
  try {
    await untilReady(url, child)
    return { stop }
  } catch (error) {
    await stop()
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${log.join('')}`, { cause: error })
  }
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  const giveUpAt = performance.now() + readyWithinMs
  while (performance.now() < giveUpAt) {
    if (child.exitCode !== null) throw new Error(`The shop ended with code ${child.exitCode} while it was starting.`)
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
    const state: unknown = response?.ok === true ? await response.json().catch(() => undefined) : undefined
    // The gateway is ready before the last service is.
    if (typeof state === 'object' && state !== null && !('problems' in state)) return
    await pause(100)
  }
  throw new Error(`The shop was not ready within ${readyWithinMs / 1_000} s.`)
}

/** The last lines that it wrote. */
function keepLog(child: ChildProcess): string[] {
  const lines: string[] = []
  const keep = (chunk: unknown): void => {
    lines.push(String(chunk))
    if (lines.length > shownLines) lines.shift()
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  return lines
}

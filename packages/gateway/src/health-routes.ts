import { type Platform, within } from '@holon/contract'

import type { EdgeServer, Handler } from './edge-server.ts'
import type { Edge } from './edge.ts'

/** What the gateway can do, and what is wrong in the app behind it. */
export interface Readiness {
  /** Whether any service can be called. */
  readonly callable: boolean
  /** What is wrong with services and their stores. It does not make the gateway unready. */
  readonly problems: readonly string[]
}

export interface HealthOptions {
  readonly app: string
  readonly platform: Platform
  readonly check: () => Promise<Readiness>
  readonly isDraining: () => boolean
}

const checkTimeoutMs = 5_000
/** Probes that come faster than this share one answer: anybody can ask, and each check asks the stores. */
const reuseMs = 500

/**
 * `/livez` answers 200 while the process runs; `/readyz` answers 200 while requests should come here, else 503, and names what
 * is wrong in either case. It judges this gateway: what fails behind it fails behind every other one too, and one service
 * that is down must not take the traffic of all away. `?verbose` tells more. Both are open to anybody and name nothing but
 * services.
 */
export function addHealthRoutes(server: EdgeServer, options: HealthOptions, edge: Pick<Edge, 'answer'>): void {
  const readiness = sharedReadiness(options)
  const { app, platform, isDraining } = options
  const startedAt = platform.monotonicMs()
  const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }
  const add = (path: string, handle: Handler): void => server.route({ method: 'GET', path, head: true, handle })
  add('/livez', (exchange) => edge.answer(exchange, { status: 200, headers, body: '{"status":"alive"}' }))
  add('/readyz', async (exchange) => {
    const { callable, problems } = isDraining() ? draining : await readiness()
    const status = isDraining() ? 'draining' : callable ? 'ready' : 'not ready'
    const isVerbose = /[?&]verbose(?:[=&]|$)/.test(exchange.url)
    const more = isVerbose && { app, uptimeS: Math.round((platform.monotonicMs() - startedAt) / 1000) }
    const body = JSON.stringify({ status, ...((isVerbose || problems.length > 0) && { problems }), ...more })
    edge.answer(exchange, { status: status === 'ready' ? 200 : 503, headers, body })
  })
}

const draining: Readiness = { callable: false, problems: ['The gateway is draining.'] }

/** The check, bounded in time, and made once for those who ask at the same time. */
function sharedReadiness({ check, platform }: HealthOptions): () => Promise<Readiness> {
  let latest: { readonly answer: Promise<Readiness>; readonly at: number } | undefined
  // One that hangs or fails, over a store most likely, tells nothing about the gateway.
  const untold = (problem: string): Readiness => ({ callable: true, problems: [problem] })
  const ask = async (): Promise<Readiness> => {
    try {
      const answer = check()
      if (await within(platform, checkTimeoutMs, answer)) return await answer
      return untold(`The check did not answer within ${checkTimeoutMs} ms.`)
    } catch {
      return untold('The check failed.')
    }
  }
  return () => {
    if (latest === undefined || platform.monotonicMs() - latest.at > reuseMs)
      latest = { answer: ask(), at: platform.monotonicMs() }
    return latest.answer
  }
}

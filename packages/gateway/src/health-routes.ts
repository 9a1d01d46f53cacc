import { type Platform, within } from '@holon/contract'
import type { FastifyInstance } from 'fastify'

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
export function addHealthRoutes(server: FastifyInstance, options: HealthOptions): void {
  const readiness = sharedReadiness(options)
  const { app, platform, isDraining } = options
  const startedAt = platform.monotonicMs()
  server.get('/livez', (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'alive' }))
  server.get('/readyz', async (request, reply) => {
    const { callable, problems } = isDraining() ? draining : await readiness()
    const status = isDraining() ? 'draining' : callable ? 'ready' : 'not ready'
    const isVerbose = /[?&]verbose(?:[=&]|$)/.test(request.url)
    const more = isVerbose && { app, uptimeS: Math.round((platform.monotonicMs() - startedAt) / 1000) }
    void reply.code(status === 'ready' ? 200 : 503).header('cache-control', 'no-store')
    return { status, ...((isVerbose || problems.length > 0) && { problems }), ...more }
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

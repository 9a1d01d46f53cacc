import { delay, type Platform } from '@holon/contract'
import type { FastifyInstance } from 'fastify'

/** Whether the app can answer, and what is wrong otherwise. */
export interface Readiness {
  readonly ready: boolean
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
 * `/livez` answers 200 while the process runs; `/readyz` answers 200 while requests should come here, else 503 with
 * what is wrong. `?verbose` tells more. Both are open to anybody and name nothing but services.
 */
export function addHealthRoutes(server: FastifyInstance, options: HealthOptions): void {
  const readiness = sharedReadiness(options)
  const { app, platform, isDraining } = options
  const startedAt = platform.monotonicMs()
  server.get('/livez', (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'alive' }))
  server.get('/readyz', async (request, reply) => {
    const { ready, problems } = isDraining()
      ? { ready: false, problems: ['The gateway is draining.'] }
      : await readiness()
    const status = ready ? 'ready' : isDraining() ? 'draining' : 'not ready'
    const isVerbose = /[?&]verbose(?:[=&]|$)/.test(request.url)
    const more = isVerbose && { app, uptimeS: Math.round((platform.monotonicMs() - startedAt) / 1000) }
    void reply.code(ready ? 200 : 503).header('cache-control', 'no-store')
    return { status, ...((isVerbose || !ready) && { problems }), ...more }
  })
}

/** The check, bounded in time, and made once for those who ask at the same time. */
function sharedReadiness({ check, platform }: HealthOptions): () => Promise<Readiness> {
  let latest: { readonly answer: Promise<Readiness>; readonly at: number } | undefined
  const ask = async (): Promise<Readiness> => {
    const giveUp = new AbortController()
    const tooLate = delay(platform, checkTimeoutMs, giveUp.signal).then(
      () => ({ ready: false, problems: [`The check did not answer within ${checkTimeoutMs} ms.`] }),
      () => ({ ready: false, problems: [] }),
    )
    try {
      return await Promise.race([check(), tooLate])
    } catch {
      return { ready: false, problems: ['The check failed.'] }
    } finally {
      giveUp.abort()
    }
  }
  return () => {
    if (latest === undefined || platform.monotonicMs() - latest.at > reuseMs)
      latest = { answer: ask(), at: platform.monotonicMs() }
    return latest.answer
  }
}

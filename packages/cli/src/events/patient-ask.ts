import { delay, isServiceError, ServiceError } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { type AdminOperation, adminOperation } from '@holon/events'
import type { Instance } from '@holon/runtime'

import type { Host } from '../host.ts'
import { type AppConnection, cliCaller } from '../reach/app-connection.ts'

/** As long as two of the longest pauses before a supervisor starts again what died. */
const patienceMs = 40_000
/** A service that crashes again and again is there for a second or so. */
const lookEveryMs = 150
/** What a supervisor needs, at most, to see that a process is gone. */
const noticedAfterMs = 300
/** May be asked again when it is not known whether they were carried out. */
const repeatable: readonly AdminOperation[] = [
  'report',
  'pause',
  'resume',
  'deadList',
  'deadShow',
  'deadDiscard',
  'discard',
]

export type Ask = (service: string, operation: AdminOperation, input?: unknown) => Promise<unknown>

function stillDown(service: string, cause: ServiceError): ServiceError {
  return new ServiceError(
    'unavailable',
    `'${service}' is down, and was not there within ${patienceMs / 1_000} s. The log of the app says why. Once the app is stopped, this command works without it.`,
    { cause },
  )
}

/** Asks services of an app, and waits for one that is just being started again. */
export function patientAsk(host: Host, connection: AppConnection, instance: Instance): Ask {
  const platform = systemPlatform()
  const invoker = instance.invoker(cliCaller)
  if (connection.atRest) return (service, operation, input) => invoker.call(adminOperation(service, operation), input)
  /** The instances that serve it now; the calls that wait for one are told of them, too. */
  const serving = async (service: string): Promise<string> => {
    const peers = await connection.peers()
    instance.setPeers(peers)
    const names = peers.filter(({ services }) => services.some(({ name }) => name === service))
    return names.map((peer) => peer.instance).join(' ')
  }
  const callWatching: Ask = async (service, operation, input) => {
    const over = new AbortController()
    const watch = async (): Promise<void> => {
      for (;;) {
        await delay(platform, lookEveryMs, over.signal)
        await serving(service)
      }
    }
    // It ends with the call; that the supervisor is gone is told by the next question.
    watch().catch(() => undefined)
    return invoker.call(adminOperation(service, operation), input).finally(() => over.abort())
  }
  return async (service, operation, input) => {
    const endMs = platform.monotonicMs() + patienceMs
    let told = false
    for (;;) {
      const before = await serving(service)
      try {
        return await callWatching(service, operation, input)
      } catch (error) {
        if (!isServiceError(error) || error.code !== 'unavailable') throw error
        if (!repeatable.includes(operation)) throw error
        if (platform.monotonicMs() > endMs) throw stillDown(service, error)
        await delay(platform, noticedAfterMs)
        // It is there, and says that something else is not.
        if (before !== '' && before === (await serving(service))) throw error
        if (!told) host.stderr.write(`Waiting for '${service}', which is down…\n`)
        told = true
      }
    }
  }
}

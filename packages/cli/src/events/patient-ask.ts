import { delay, isServiceError } from '@holon/contract'
import { type AdminOperation, adminOperation } from '@holon/events'
import { type Instance, systemPlatform } from '@holon/runtime'

import { type AppConnection, cliCaller } from '../app-connection.ts'
import type { Host } from '../host.ts'

/** As long as the longest pause of a supervisor before it starts again what died, and a start. */
const patienceMs = 25_000
const againAfterMs = 200
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

/** Asks services, and waits for one that is just being started again: an app that crashes all the time is there now and then. */
export function patientAsk(host: Host, connection: AppConnection, instance: Instance): Ask {
  const platform = systemPlatform()
  const invoker = instance.invoker(cliCaller)
  const serving = async (service: string): Promise<string> => {
    const peers = await connection.peers()
    instance.setPeers(peers)
    return peers
      .flatMap(({ instance: name, services }) => (services.some((one) => one.name === service) ? [name] : []))
      .join()
  }
  return async (service, operation, input) => {
    const endMs = platform.monotonicMs() + patienceMs
    let before = connection.atRest ? '' : await serving(service)
    for (let tries = 1; ; tries += 1) {
      try {
        return await invoker.call(adminOperation(service, operation), input)
      } catch (error) {
        if (connection.atRest || !isServiceError(error) || error.code !== 'unavailable') throw error
        if (!repeatable.includes(operation) || platform.monotonicMs() > endMs) throw error
        const now = await serving(service)
        // It is there, and says that something else is not.
        if (now !== '' && now === before) throw error
        before = now
        if (tries === 1) host.stderr.write(`Waiting for '${service}', which is down…\n`)
        await delay(platform, againAfterMs)
      }
    }
  }
}

import { gatewayName } from '@holon/app/placement'

import { freePort, isPortTaken } from '../process/port-probe.ts'
import { StartFailure } from '../start-failure.ts'
import type { AppDescription } from './app-description.ts'

/** What goes before the app's own choice. */
export interface GatewayPlace {
  /** 0 chooses a free port. */
  readonly port: number | undefined
  /** Address that the gateway listens on. */
  readonly host: string
}

/** The port of an app's gateway. A free one is chosen once in a run: clients know the URL. */
export class GatewayPort {
  readonly #place: GatewayPlace
  #free: number | undefined

  private constructor(place: GatewayPlace, free: number | undefined) {
    this.#place = place
    this.#free = free
  }

  /** @throws StartFailure if several gateways are to share a port that is taken. */
  static async choose(app: AppDescription, place: GatewayPlace): Promise<GatewayPort> {
    return new GatewayPort(place, await chosenPort(app, place.port))
  }

  /** What a gateway of this app is to listen on; 0: it may choose. Undefined: there is none. */
  of(app: AppDescription): number | undefined {
    const wanted = this.#place.port ?? app.gatewayPort
    return wanted === 0 ? (this.#free ?? 0) : wanted
  }

  /** Where programs on this machine reach it. */
  url(app: AppDescription): string {
    return `http://${reachable(this.#place.host)}:${this.of(app)}`
  }

  /** A gateway listens there. */
  heard(url: string): void {
    this.#free ??= Number(new URL(url).port)
  }
}

/**
 * The free port of the gateway where it has to be known before the gateway has chosen one: several gateways are to share it,
 * or an external process, which starts before, wants to know it. Undefined where the port is given, or one gateway chooses
 * itself. Each of several would join whoever shares the port already, so that is looked at before.
 */
async function chosenPort(app: AppDescription, chosen: number | undefined): Promise<number | undefined> {
  const port = chosen ?? app.gatewayPort
  if (port === undefined) return undefined
  const shared = app.groups.some(({ services, replicas }) => replicas > 1 && services.includes(gatewayName))
  if (shared && port !== 0 && (await isPortTaken(port)))
    throw new StartFailure([`Port ${port} is taken. Choose another with --port or the environment variable PORT.`])
  const wanted = shared || Object.values(app.processes).some(({ gatewayVariable }) => gatewayVariable !== undefined)
  return port === 0 && wanted ? freePort() : undefined
}

/** How a program on this machine reaches what listens on an address. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

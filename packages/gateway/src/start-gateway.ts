import { isRecord } from '@holon/contract'

import type { EdgeServer } from './edge-server.ts'
import { type GatewayEnd, type GatewayParts, prepareGateway } from './prepare-gateway.ts'

/** What {@link startGateway} needs. */
export interface GatewayOptions extends GatewayParts {
  /** Default: `127.0.0.1`. An edge that others reach listens on `0.0.0.0`. */
  readonly host?: string
  /** 0 chooses a free port. */
  readonly port: number
  /**
   * Lets several processes listen on the same port, among which the system spreads connections (`SO_REUSEPORT`, Linux).
   * Default false: a taken port is an error.
   */
  readonly reusePort?: boolean
}

/** A running gateway. */
export interface Gateway extends GatewayEnd {
  /** Where it listens, with the real port: `http://127.0.0.1:8080`. */
  readonly url: string
}

/**
 * Starts the HTTP edge of an app.
 *
 * @throws DefinitionError naming every mistake in the definition.
 * @throws Error where the port is taken; it says what to do.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { host = '127.0.0.1', port, reusePort = false } = options
  const prepared = prepareGateway(options)
  const url = await listen(prepared.server, { host, port, reusePort })
  prepared.ready(url)
  return { url, drain: () => prepared.drain(), close: (graceMs) => prepared.close(graceMs) }
}

interface ListenAt {
  readonly host: string
  readonly port: number
  readonly reusePort: boolean
}

async function listen(server: EdgeServer, at: ListenAt): Promise<string> {
  const { host, port } = at
  try {
    return await server.listen(at)
  } catch (error) {
    const code = isRecord(error) ? error['code'] : undefined
    const remedy = 'Choose another with --port or the environment variable PORT.'
    if (code === 'EADDRINUSE') throw new Error(`Port ${port} on ${host} is taken. ${remedy}`, { cause: error })
    if (code === 'EACCES')
      throw new Error(`Port ${port} needs rights that this process does not have. ${remedy}`, { cause: error })
    throw error
  }
}

import type { Duplex } from 'node:stream'

import { type GatewayEnd, type GatewayParts, prepareGateway } from './prepare-gateway.ts'

/** A gateway without a socket. */
export interface OpenGateway extends GatewayEnd {
  /** Serves one connection: HTTP/1.1 over any stream of bytes. */
  accept(connection: Duplex): void
}

/**
 * Opens the HTTP edge of an app without listening anywhere: whoever has a connection hands it in. For tests and for programs
 * that have a server of their own.
 *
 * @throws DefinitionError naming every mistake in the definition.
 */
export function openGateway(options: GatewayParts): OpenGateway {
  const prepared = prepareGateway(options)
  const { server } = prepared
  prepared.ready()
  return {
    accept: (connection) => void server.http.emit('connection', connection),
    drain: () => prepared.drain(),
    close: (graceMs) => prepared.close(graceMs),
  }
}

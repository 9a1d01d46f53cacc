import { ServiceError } from '@holon/contract'

import { callHandler } from './call-route.ts'
import type { EdgeRoute, EdgeServer } from './edge-server.ts'
import type { Edge } from './edge.ts'
import type { PlannedRoute } from './plan-routes.ts'
import { streamHandler } from './stream-route.ts'

/** Adds the exposed operations to the server. */
export function addOperationRoutes(server: EdgeServer, routes: readonly PlannedRoute[], edge: Edge): void {
  for (const route of routes) {
    const { operation, mapping, path } = route
    const isStream = operation.compiled.serverStream !== undefined
    const admit = admission(route, edge)
    server.route({
      method: mapping.route.method,
      path: path.replaceAll(/\{([^}]*)\}/g, ':$1'),
      // A HEAD of a stream would begin it only to throw it away.
      head: mapping.route.method === 'GET' && !isStream,
      operation,
      passesBody: passesBody(route),
      ...(admit && { admit }),
      handle: isStream ? streamHandler(route, edge) : callHandler(route, edge),
    })
  }
}

/** Whether the body alone is the input, and goes on as it came. What streams items is called in another way. */
function passesBody({ operation, mapping }: PlannedRoute): boolean {
  const { input, serverStream } = operation.compiled
  return input !== undefined && serverStream === undefined && mapping.path.length === 0
}

/** Tokens are checked before the body is read: strangers cannot make the gateway read what it will refuse. */
function admission({ operation }: PlannedRoute, edge: Edge): EdgeRoute['admit'] {
  const { auth } = operation.compiled
  if (auth === 'none') return undefined
  return async (exchange) => {
    const { authorization } = exchange.headers
    if (authorization !== undefined) exchange.identity = await edge.authenticate(authorization)
    else if (auth === 'required')
      throw new ServiceError('unauthenticated', 'This operation needs a bearer token.', { mayHaveRun: false })
  }
}

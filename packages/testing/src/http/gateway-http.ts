import type { AppDefinition } from '@holon/app'
import type { Identity, Observer, Platform } from '@holon/contract'
import type { Gateway, GatewayParts, OpenGateway } from '@holon/gateway'
import type { Instance } from '@holon/runtime'

import { type Fetch, memoryFetch } from './memory-http.ts'
import type { TestKeys } from './test-keys.ts'

export interface GatewayHttpParts {
  readonly app: AppDefinition
  readonly keys: TestKeys | undefined
  /** The instance that the gateway calls from. */
  readonly instance: () => Instance
  readonly platform: Platform
  readonly observer: Observer
}

/** The gateway of a test app, opened when it is first asked for something. */
export interface GatewayHttp {
  fetch(path: string, init: RequestInit, identity: Identity | undefined): Promise<Response>
  /** Lets it listen on a port of this machine, too, and resolves to its URL. */
  listen(): Promise<string>
  close(graceMs: number): Promise<void>
}

export function gatewayHttp(parts: GatewayHttpParts): GatewayHttp {
  const { app, keys } = parts
  let opening: Promise<{ readonly gateway: OpenGateway; readonly fetch: Fetch }> | undefined
  let listening: Promise<Gateway> | undefined
  return {
    fetch: async (path, init, identity) => {
      const { fetch } = await (opening ??= open(parts))
      if (identity === undefined) return fetch(path, init)
      if (keys === undefined)
        throw new TypeError(
          `The gateway of '${app.name}' accepts no tokens: give it \`auth\` in defineApp, or no identity here.`,
        )
      const headers = new Headers(init.headers)
      headers.set('authorization', keys.authorization(identity))
      return fetch(path, { ...init, headers })
    },
    listen: async () => (await (listening ??= listen(parts))).url,
    close: async (graceMs) => {
      const opened = await opening?.catch(() => undefined)
      const bound = await listening?.catch(() => undefined)
      await Promise.all([opened?.gateway.close(graceMs), bound?.close(graceMs)])
    },
  }
}

// An HTTP server is most of what a small app would have to load, so it is loaded when it is asked for.
async function open(parts: GatewayHttpParts): Promise<{ readonly gateway: OpenGateway; readonly fetch: Fetch }> {
  const own = gatewayParts(parts)
  const { openGateway } = await import('@holon/gateway')
  const gateway = openGateway(own)
  return { gateway, fetch: memoryFetch((connection) => gateway.accept(connection)) }
}

async function listen(parts: GatewayHttpParts): Promise<Gateway> {
  const own = gatewayParts(parts)
  const { startGateway } = await import('@holon/gateway')
  return startGateway({ ...own, port: 0 })
}

function gatewayParts({ app, instance, platform, observer }: GatewayHttpParts): GatewayParts {
  const { gateway: definition } = app
  if (definition === undefined)
    throw new TypeError(`'${app.name}' has no gateway to send requests to: give it one in defineApp.`)
  const caller = instance()
  const check = (): ReturnType<Instance['check']> => caller.check()
  return { app: app.name, definition, invoker: caller.invoker('gateway'), platform, observer, check }
}

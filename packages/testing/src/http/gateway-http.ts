import type { AppDefinition } from '@holon/app'
import type { Identity, Observer, Platform } from '@holon/contract'
import type { OpenGateway } from '@holon/gateway'
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
  close(graceMs: number): Promise<void>
}

export function gatewayHttp(parts: GatewayHttpParts): GatewayHttp {
  const { app, keys } = parts
  let opening: Promise<{ readonly gateway: OpenGateway; readonly fetch: Fetch }> | undefined
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
    close: async (graceMs) => {
      const opened = await opening?.catch(() => undefined)
      await opened?.gateway.close(graceMs)
    },
  }
}

async function open({ app, instance, platform, observer }: GatewayHttpParts): Promise<{
  readonly gateway: OpenGateway
  readonly fetch: Fetch
}> {
  const { gateway: definition } = app
  if (definition === undefined)
    throw new TypeError(`'${app.name}' has no gateway to send requests to: give it one in defineApp.`)
  // An HTTP server is most of what a small app would have to load.
  const { openGateway } = await import('@holon/gateway')
  const { invoker, check } = instance()
  const gateway = await openGateway({
    app: app.name,
    definition,
    invoker: invoker('gateway'),
    platform,
    observer,
    check: () => check(),
  })
  return { gateway, fetch: memoryFetch((connection) => gateway.accept(connection)) }
}

import type { Platform } from '@holon/contract'

import type { ClientOptions, TokenSource } from './client-options.ts'
import type { Fetch } from './fetch.ts'
import { webFetch, webPlatform } from './web-platform.ts'

/** What all calls of a client share. */
export interface Connection {
  readonly platform: Platform
  readonly timeoutMs: number | undefined
  readonly retries: number
  readonly url: (target: string) => string
  readonly fetch: Fetch
  readonly token: TokenSource | undefined
  readonly headers: Readonly<Record<string, string>>
}

const defaultRetries = 2

export function connectionOf(options: ClientOptions): Connection {
  const { baseUrl, token, headers = {}, timeoutMs, retries = defaultRetries } = options
  const { fetch = webFetch, platform = webPlatform() } = options
  const base = baseUrl?.replace(/\/+$/, '')
  const url = (target: string): string => {
    // Asked no earlier than this: the modules of a page may also be loaded by a server that renders it.
    if (base === undefined && !('location' in globalThis))
      throw new TypeError(
        "Give createClient a baseUrl, like 'https://shop.example/api': there is no page here to take it from.",
      )
    return (base ?? '') + target
  }
  return { platform, timeoutMs, retries, url, fetch, token, headers }
}

/** What a client asks of `fetch`: no more than the fetches of browsers, Node, React Native and Expo have in common. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>

/** A request. The names of its headers are in lower case. */
export interface FetchInit {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body?: string
  /** The client follows no redirect. React Native's fetch does, and tells nobody. */
  readonly redirect: 'manual'
  readonly signal: AbortSignal
}

/** A response. */
export interface FetchResponse {
  /** 0 where `type` is `opaqueredirect`. */
  readonly status: number
  /** `opaqueredirect`: a browser's answer in place of a redirect. */
  readonly type?: string
  /** Whether a redirect was followed. */
  readonly redirected?: boolean
  /** Where the answer came from. */
  readonly url?: string
  readonly headers: { get(name: string): string | null }
  /** Read piece by piece where it is a `ReadableStream`; otherwise the whole is read with `text()`. */
  readonly body?: unknown
  text(): Promise<string>
}

/** A process that is not a Holon service, supervised along with the app. */
export interface ExternalProcess {
  /** Program and arguments; `node` means the Node that runs the supervisor. Relative paths start at the configuration's folder. */
  readonly command: readonly [string, ...string[]]
  readonly env?: Readonly<Record<string, string>>
  /** The port on which it listens, and which it gets as `PORT`. Default: a free one, the same after a restart. */
  readonly port?: number
  /** Services read its URL from this environment variable, for instance `PAYMENTS_PROVIDER_URL`. */
  readonly urlVariable?: string
  /** It reads the URL of the gateway, which starts after it, from this environment variable, for instance `API_URL`. */
  readonly gatewayVariable?: string
  /** Path that answers 2xx once it is ready. Default: ready as soon as the port accepts connections. */
  readonly readyPath?: string
}

/**
 * Starts an app, or one group of it, inside a program of your own: a server that is there already, a script, a test.
 *
 * @example
 * ```ts
 * import { startApp } from 'holon/host'
 *
 * import app from './holon.config.ts'
 *
 * const running = await startApp(app, { gateway: { port: 0 } })
 * console.log(running.gatewayUrl)
 * await running.stop()
 * ```
 *
 * @module
 */
export {
  AppFailure,
  findConfig,
  loadConfig,
  type RunningServices,
  SettingFailure,
  startApp,
  startGroup,
  type StartGroupOptions,
  type StartOptions,
} from '@holon/host'
export type { Observation, Observer } from '@holon/contract'
export type { Address, CallOrigin, PeerListing } from '@holon/rpc'

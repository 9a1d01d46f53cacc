/**
 * What a caller is to those whom it calls:
 *
 * - `service`: it calls what it declares to use, and nothing beside. Whoever names no role, or one that is not known, is this.
 * - `gateway`: it calls for clients outside.
 * - `operator`: a person or a tool that looks after the app. It may also call operations that are open to operators alone.
 *
 * The instance that makes a call says which role its caller has: the code of services has no part in that, and what they
 * import, declare or throw changes nothing of it. Peers believe what an instance that knows the app's secret says of its
 * callers. So a role keeps honest code to what it is for, and whoever does not know the secret out. It does not keep out a
 * program that knows the secret and speaks the wire protocol itself: all processes of an app share one.
 */
export type CallerRole = (typeof callerRoles)[number]

/** All roles. */
export const callerRoles = ['service', 'gateway', 'operator'] as const

/** Who calls from an instance, and what it may call. */
export interface CallerListing {
  readonly name: string
  /** Names of services. */
  readonly uses: readonly string[]
  /** Default `service`. */
  readonly role?: CallerRole
}

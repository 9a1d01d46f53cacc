import { ServiceError } from '@holon/contract'

import type { CallerListing, CallerRole } from './caller-role.ts'
import type { BoundOperation } from './dispatcher.ts'

/** The roles of the callers of one instance, for calls that stay in it. Who answers elsewhere asks the same. */
export class CallerRoles {
  readonly #roles: ReadonlyMap<string, CallerRole | undefined>

  /** Of several with one name the last one counts, as over a link. */
  constructor(callers: readonly CallerListing[]) {
    this.#roles = new Map(callers.map(({ name, role }) => [name, role]))
  }

  /** Why a caller may not call what is answered here; undefined where it may, or that is not answered here. */
  refusal(caller: string, bound: BoundOperation | undefined): ServiceError | undefined {
    if (bound === undefined || bound.openTo === undefined) return undefined
    const role = this.#roles.get(caller)
    return isOpen(bound, role) ? undefined : notOpen(caller, role, bound)
  }
}

/** Whether callers of a role may call an operation. */
export function isOpen({ openTo }: BoundOperation, role: CallerRole = 'service'): boolean {
  return openTo === undefined || openTo === role
}

/** The error of a call to an operation that is not open to callers of this role. */
export function notOpen(caller: string, role: CallerRole = 'service', bound: BoundOperation): ServiceError {
  const { operation, openTo } = bound
  const message = `${operation.id} is open to callers of the role '${openTo}' only; ${caller} has the role '${role}'.`
  return new ServiceError('permission_denied', message, { mayHaveRun: false })
}

import type { ToSupervisor } from '@holon/app'

/**
 * What an instance tells its supervisor. In development it also tells which files of the user's it has loaded, so that a
 * change restarts the processes that run the changed code, and no others.
 */
export type FromInstance = ToSupervisor | { readonly kind: 'loaded'; readonly files: readonly string[] }

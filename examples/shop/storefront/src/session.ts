import { useSyncExternalStore } from 'react'

const storageKey = 'shop.token'

export interface SessionState {
  token: string | null
  /** The last token was refused: the sign-in page says so. */
  expired: boolean
}

/** The visitor's token, kept across reloads and shared between tabs. */
export interface Session {
  get: () => SessionState
  signIn: (token: string) => void
  signOut: () => void
  expire: (token: string) => void
  subscribe: (listener: () => void) => () => void
}

export function createSession(storage: Storage): Session {
  let state: SessionState = { token: storage.getItem(storageKey), expired: false }
  const listeners = new Set<() => void>()
  const set = (next: SessionState): void => {
    state = next
    if (next.token === null) storage.removeItem(storageKey)
    else storage.setItem(storageKey, next.token)
    for (const listener of listeners) listener()
  }
  globalThis.addEventListener?.('storage', (event) => {
    if (event.key !== storageKey && event.key !== null) return
    state = { token: storage.getItem(storageKey), expired: false }
    for (const listener of listeners) listener()
  })
  return {
    get: () => state,
    signIn: (token) => set({ token, expired: false }),
    signOut: () => set({ token: null, expired: false }),
    // A late 401 for an older token must not sign out a visitor who has signed in again since.
    expire: (token) => {
      if (state.token === token) set({ token: null, expired: true })
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

export const session: Session = createSession(globalThis.localStorage)

export function useSession(): SessionState {
  return useSyncExternalStore(session.subscribe, session.get)
}

import type { Observer } from '@holon/contract'

import type { KeptState } from '../process/kept-state.ts'

/** Tells the observer what became of a process. */
export function observeState(observer: Observer, subject: string, state: KeptState<unknown>): void {
  const tell = (entered: 'starting' | 'ready' | 'draining' | 'stopped' | 'failed', detail?: string): void =>
    observer.observe({ kind: 'lifecycle', subject, state: entered, detail })
  switch (state.phase) {
    case 'starting':
      return tell('starting', `pid ${state.launch.pid}`)
    case 'running':
      return tell('ready', `pid ${state.launch.pid}`)
    case 'backing-off':
      return tell('failed', `${state.reason}; starting it again in ${state.delayMs} ms`)
    case 'halted':
      return tell('failed', state.reason)
    case 'stopping':
      return tell('draining')
    case 'idle':
      return state.exit?.signal === 'SIGKILL'
        ? tell('failed', 'it did not end in time and was killed')
        : tell('stopped')
    default:
      return undefined
  }
}

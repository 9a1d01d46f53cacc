import { busName } from '@holon/app'

import type { OwnService } from '../own-service.ts'
import { usesBus } from './event-use.ts'

/** The embedded bus, which an app has unless it names another. */
export const busOwnService: OwnService = {
  name: busName,
  isUsedBy: (service, { bus }) => bus.kind === 'embedded' && usesBus(service),
  definition: async ({ app, onBroken }) => (await import('./bus-service.ts')).busService(app.bus, onBroken),
}

import type { ContractEvent, Platform } from '@holon/contract'
import { type BusMessage, eventInfo, readData } from '@holon/events'

import type { PublishedEvent } from '../test-app.ts'
import { NotSettled } from './settled.ts'

/** The events among messages, as their contract has them. */
export async function publishedEvents<E extends ContractEvent>(
  event: E,
  messages: readonly BusMessage[],
): Promise<readonly PublishedEvent<E>[]> {
  return Promise.all(
    messages
      .filter(({ topic }) => topic === event.id)
      .map(async (message) => {
        const { attempt: _attempt, ...info } = eventInfo(message, 1)
        // Read by the event's own schema.
        return { ...info, data: await readData(event, message) } as PublishedEvent<E>
      }),
  )
}

const pauseMs = 5

/** Resolves once so many are among the messages. @throws NotSettled if there are fewer after `withinMs` of real time. */
export async function untilPublished(
  event: ContractEvent,
  messages: readonly BusMessage[],
  { atLeast, withinMs, platform }: { readonly atLeast: number; readonly withinMs: number; readonly platform: Platform },
): Promise<void> {
  const endMs = platform.monotonicMs() + withinMs
  for (;;) {
    const { length } = messages.filter(({ topic }) => topic === event.id)
    if (length >= atLeast) return
    if (platform.monotonicMs() > endMs)
      throw new NotSettled(`After ${withinMs} ms ${length} of ${event.id} have been published, and not ${atLeast}.`)
    await new Promise<void>((resolve) => void platform.setTimer(resolve, pauseMs))
  }
}

import { createHash } from 'node:crypto'

import { ServiceError } from '@holon/contract'

import type { OutboxRecord } from './event-log.ts'

/** What the narrowest of the engines keeps in a column that is a key. */
const longestName = 255

/**
 * Whether every store gives this text back as it was. U+0000 is refused by some, and half of a surrogate pair has no place in
 * UTF-8: it becomes U+FFFD, which makes one text of two.
 */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}

/** Throws if not. */
export function assertStorable(what: string, text: string): void {
  if (isStorable(text)) return
  const shown = JSON.stringify(text.slice(0, 40))
  const message = `The ${what} ${shown} holds U+0000 or half of a surrogate pair, which not every store can keep.`
  throw new ServiceError('invalid_argument', message)
}

/** Throws if it is not storable or longer than the tables can hold: some engines would cut it off, and take two for one. */
export function assertName(what: string, name: string): void {
  if (name.length > longestName) {
    const message = `The ${what} "${name.slice(0, 40)}…" has ${name.length} characters; at most ${longestName} can be stored.`
    throw new ServiceError('invalid_argument', message)
  }
  assertStorable(what, name)
}

/** Throws if the outbox cannot hold it. */
export function assertRecord({ id, topic, key }: OutboxRecord): void {
  assertName('id', id)
  assertName('topic', topic)
  assertStorable('key', key)
}

/**
 * What stands in the tables for the id of a message, which comes from whoever published it: itself, or its hash if it cannot be
 * stored. Refusing it would help nobody: the message is there, and would come again for ever.
 */
export function storedId(id: string): string {
  return isName(id) ? id : `sha256:${createHash('sha256').update(JSON.stringify(id)).digest('hex')}`
}

/** The text, or the nearest one that can be stored; for what is kept to be read by people. */
export function storedText(text: string): string {
  return isStorable(text) ? text : text.toWellFormed().replaceAll('\0', '\ufffd')
}

function isName(text: string): boolean {
  return text.length <= longestName && isStorable(text)
}

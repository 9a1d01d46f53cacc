import { ServiceError } from '@holon/contract'

const form = /^[\x20-\x7e]{1,255}$/

/** The value of an `Idempotency-Key` header; undefined where there is none. */
export function idempotencyKeyOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined
  if (typeof header === 'string' && form.test(header)) return header
  throw new ServiceError('invalid_argument', 'Idempotency-Key must be 1 to 255 printable ASCII characters.', {
    mayHaveRun: false,
  })
}

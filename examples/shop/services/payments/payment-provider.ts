import type { PaymentMethod } from './contract.ts'
// The adapter: everything that knows how the foreign provider speaks is in this file and the two it imports. Towards the
// rest of the service it is charges, references and cents.
import { askProvider, type ProviderAccess, type ProviderAnswer } from './provider-http.ts'
import { parseProviderAmount, toProviderAmount } from './provider-money.ts'

/** What became of a charge at the provider. */
export type ChargeOutcome =
  | { readonly kind: 'captured'; readonly chargeId: string }
  | { readonly kind: 'declined'; readonly chargeId: string; readonly reason: string }
  /** It was reversed, or its reference was before it arrived. */
  | { readonly kind: 'reversed' }

export interface ChargeRequest {
  readonly reference: string
  readonly amountCents: number
  readonly currency: string
  readonly method: PaymentMethod
}

const methodWords: Readonly<Record<PaymentMethod, string>> = {
  card: 'CARD',
  invoice: 'BILL',
  'card-declined': 'CARD-NO-FUNDS',
}

/**
 * Charges; the provider charges a reference once, however often it is asked. When no answer comes the charge may have
 * been made, so it is looked up before anybody is told that it failed.
 */
export async function chargeAtProvider(access: ProviderAccess, request: ChargeRequest): Promise<ChargeOutcome> {
  const form = {
    reference: request.reference,
    amount: toProviderAmount(request.amountCents, request.currency),
    instrument: methodWords[request.method],
  }
  try {
    return toOutcome(await askProvider(access, { method: 'POST', path: '/v1/charges', form }))
  } catch (error) {
    const found = await findAtProvider(access, request.reference).catch(() => undefined)
    if (found !== undefined) return found
    throw error
  }
}

/** Resolves to undefined when the provider knows no charge with this reference (yet). */
export async function findAtProvider(access: ProviderAccess, reference: string): Promise<ChargeOutcome | undefined> {
  const path = `/v1/charges?${new URLSearchParams({ reference }).toString()}`
  const answer = await askProvider(access, { method: 'GET', path })
  return answer.status === 404 ? undefined : toOutcome(answer)
}

/** Gives the money back; a charge with this reference that has not arrived yet will be refused. */
export async function reverseAtProvider(access: ProviderAccess, reference: string): Promise<void> {
  toOutcome(await askProvider(access, { method: 'POST', path: '/v1/reversals', form: { reference } }))
}

export interface ListedCharge {
  readonly reference: string
  readonly state: 'captured' | 'refunded'
  readonly amountCents: number
}

/** The provider's list of charges that took money, one page: those after the charge id `after`. */
export async function listAtProvider(
  access: ProviderAccess,
  after: string,
): Promise<{ charges: ListedCharge[]; next: string | null }> {
  const path = `/admin/charges?${new URLSearchParams({ after }).toString()}`
  const { status, text } = await askProvider(access, { method: 'GET', path })
  if (status !== 200) throw unexpected(status, text)
  const rows = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => new URLSearchParams(line))
  const charges = rows
    .filter((row) => row.get('state') === 'SETTLED' || row.get('state') === 'REVERSED')
    .map((row): ListedCharge => ({
      reference: row.get('reference') ?? '',
      state: row.get('state') === 'SETTLED' ? 'captured' : 'refunded',
      amountCents: parseProviderAmount(row.get('amount') ?? '').amountCents,
    }))
  return { charges, next: rows.at(-1)?.get('charge_id') ?? null }
}

function toOutcome({ status, fields, text }: ProviderAnswer): ChargeOutcome {
  const chargeId = fields.get('charge_id') ?? ''
  switch (fields.get('state')) {
    case 'SETTLED':
      return { kind: 'captured', chargeId }
    case 'REFUSED':
      return { kind: 'declined', chargeId, reason: fields.get('refusal') ?? 'refused by the payment provider' }
    case 'REVERSED':
    case 'VOID':
      return { kind: 'reversed' }
    default:
      throw unexpected(status, text)
  }
}

function unexpected(status: number, text: string): Error {
  return new Error(`The payment provider gave an answer that it is not known to give: ${status} ${text.slice(0, 500)}`)
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

import type { Charge, Charges } from './charges.ts'
import { type MischiefRates, rollMischief } from './mischief.ts'

// The provider's API, foreign on purpose: forms both ways, amounts as '12.30 EUR', its own words and ids.
//
//   POST /v1/charges    reference, amount, instrument   200 with the charge's fields; one charge for each reference
//   GET  /v1/charges    ?reference=                     200 with the charge's fields, or 404
//   POST /v1/reversals  reference                       200 with the charge's fields
//   GET  /admin/charges ?after=<charge_id>              200, one charge a line, oldest first, 500 at most
//   GET  /health                                        200

interface Reply {
  readonly status: number
  readonly text: string
}

const pageSize = 500
const bodyLimit = 10_000
const amountForm = /^\d{1,10}\.\d{2} [A-Z]{3}$/

/** `rates` is asked anew for each request. */
export function createProviderServer(charges: Charges, rates: () => MischiefRates): Server {
  return createServer((request, response) => {
    answer(charges, rates(), { request, response }).catch((error: unknown) => {
      send(response, { status: 500, text: `error=internal&detail=${encodeURIComponent(String(error))}` })
    })
  })
}

async function answer(
  charges: Charges,
  rates: MischiefRates,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
): Promise<void> {
  const form = new URLSearchParams(await readBody(request))
  const { delayMs, mischief } =
    request.method === 'POST' ? rollMischief(rates) : { delayMs: 0, mischief: 'none' as const }
  if (delayMs > 0) await pause(delayMs)
  if (mischief === 'fail-before') return send(response, { status: 503, text: 'error=try_again' })
  const reply = route(charges, request, form)
  if (mischief === 'drop-after') {
    request.socket.destroy()
    return
  }
  send(response, reply)
}

function route(charges: Charges, { method, url = '/' }: IncomingMessage, form: URLSearchParams): Reply {
  const { pathname, searchParams } = new URL(url, 'http://provider')
  const reference = form.get('reference') ?? searchParams.get('reference') ?? ''
  switch (`${method} ${pathname}`) {
    case 'GET /health':
      return { status: 200, text: 'state=UP' }
    case 'GET /admin/charges':
      return {
        status: 200,
        text: charges
          .list(searchParams.get('after') ?? '', pageSize)
          .map(toForm)
          .join('\n'),
      }
    case 'GET /v1/charges':
      return found(charges.find(reference))
    case 'POST /v1/reversals':
      return reference === '' ? refused('reference is missing') : found(charges.reverse(reference))
    case 'POST /v1/charges':
      return charge(charges, { reference, amount: form.get('amount') ?? '', instrument: form.get('instrument') ?? '' })
    default:
      return { status: 404, text: 'error=no_such_address' }
  }
}

function charge(charges: Charges, wanted: Pick<Charge, 'reference' | 'amount' | 'instrument'>): Reply {
  if (wanted.reference === '' || wanted.instrument === '') return refused('reference or instrument is missing')
  if (!amountForm.test(wanted.amount)) return refused('amount is not of the form 12.30 EUR')
  const made = charges.charge(wanted)
  const same = made.state === 'VOID' || (made.amount === wanted.amount && made.instrument === wanted.instrument)
  return same ? found(made) : { status: 409, text: 'error=reference_in_use' }
}

function found(charge: Charge | undefined): Reply {
  return charge === undefined ? { status: 404, text: 'error=no_such_charge' } : { status: 200, text: toForm(charge) }
}

function refused(detail: string): Reply {
  return { status: 422, text: new URLSearchParams({ error: 'malformed', detail }).toString() }
}

function toForm(charge: Charge): string {
  return new URLSearchParams({ ...charge }).toString()
}

function send(response: ServerResponse, { status, text }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/x-www-form-urlencoded' }).end(text)
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  // Without an encoding set, a request is read in buffers.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bodyLimit) throw new RangeError(`A request body is longer than ${bodyLimit} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

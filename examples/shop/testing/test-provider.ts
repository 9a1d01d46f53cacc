import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { type Charges, openCharges } from '../payment-provider/charges.ts'
import { type MischiefRates, wellBehaved } from '../payment-provider/mischief.ts'
import { createProviderServer } from '../payment-provider/provider-server.ts'

/** The real fake provider, in this process; `rates` may be changed while it runs. */
export interface TestProvider {
  readonly url: string
  readonly charges: Charges
  rates: MischiefRates
  close(): Promise<void>
}

export async function startTestProvider(file = ':memory:'): Promise<TestProvider> {
  const charges = openCharges(file)
  const rates = { current: wellBehaved }
  const server = createProviderServer(charges, () => rates.current).listen(0, '127.0.0.1')
  await once(server, 'listening')
  // Of a server that listens on a port.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    charges,
    get rates() {
      return rates.current
    },
    set rates(changed) {
      rates.current = changed
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      charges.close()
    },
  }
}

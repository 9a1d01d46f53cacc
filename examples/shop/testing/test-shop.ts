import { startTestApp, type TestApp, type TestAppOptions } from '@holon/testing'

import shop from '../holon.config.ts'
import { startTestProvider, type TestProvider } from './test-provider.ts'

/** The shop's real services in this process, over real stores and the real fake payment provider. */
export interface TestShop extends TestApp {
  readonly provider: TestProvider
}

/** Options of {@link startTestShop}. */
export interface TestShopOptions extends Pick<TestAppOptions, 'only'> {
  /** Services in the places of the shop's own. */
  readonly instead?: typeof shop.services
}

export async function startTestShop({ instead, ...options }: TestShopOptions = {}): Promise<TestShop> {
  const provider = await startTestProvider()
  try {
    const app = await startTestApp(
      { ...shop, services: { ...shop.services, ...instead } },
      { ...options, environment: { PAYMENTS_PROVIDER_URL: provider.url, SHIPPING_STEP_MS: '300' } },
    )
    const close = async (): Promise<void> => {
      await app.close()
      await provider.close()
    }
    return { ...app, provider, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await provider.close()
    throw error
  }
}
